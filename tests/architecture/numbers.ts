// Reads numbers out of sources that can't be imported here: AssemblyScript and C.

/** Every `export const NAME: type = NUMBER;` of an AssemblyScript file. */
export function assemblyConstants(text: string): Map<string, number> {
  return numbers(text, /^export const (\w+): \w+ = (\w+);$/gm);
}

/** Every `NAME = NUMBER` of the enumerations and `#define NAME NUMBER` of a C header. */
export function headerConstants(text: string): Map<string, number> {
  const constants = numbers(text, /^\s+([A-Z]\w*) = (-?\w+),/gm);
  for (const [name, number] of numbers(text, /^#define (\w+) (\d\w*)$/gm)) {
    constants.set(name, number);
  }
  return constants;
}

/** `Event.error` -> 8 of `offsetof<Event>("error") != 8`, and `Event` -> the size. */
export function assemblyOffsets(text: string): Map<string, number> {
  const offsets = new Map<string, number>();
  for (const [, type, field, number] of text.matchAll(
    /offsetof<(\w+)>\((?:"(\w+)")?\) != (\d+)/g,
  )) {
    offsets.set(field === undefined ? `${type}` : `${type}.${field}`, Number(number));
  }
  return offsets;
}

/**
 * Names whose numbers differ, or that only the left side has, as `NAME: 3, there 4`.
 *
 * @param nameThere what the right side calls it; undefined for a number that it need not know.
 */
export function differences(
  here: ReadonlyMap<string, number>,
  there: ReadonlyMap<string, number>,
  nameThere: (name: string) => string | undefined,
): string[] {
  return [...here].flatMap(([name, number]) => {
    const other = nameThere(name);
    if (other === undefined || there.get(other) === number) return [];
    return [`${name}: ${number}, there ${there.get(other)}`];
  });
}

function numbers(text: string, pattern: RegExp): Map<string, number> {
  const constants = new Map<string, number>();
  for (const [, name, number] of text.matchAll(pattern)) {
    const value = Number(number);
    if (!Number.isNaN(value)) constants.set(name as string, value);
  }
  return constants;
}
