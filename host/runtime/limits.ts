// Limits a guest's memory and tables by rewriting their maximum in the module: the engine then
// refuses to grow beyond it, and the guest sees memory.grow answer -1. V8's own flag for this aborts
// the process instead.
//
// Source: WebAssembly core specification, 5.3.7 (limits), 5.5.7 (tables), 5.5.8 (memories).

import { concatBytes } from '../base/bytes.ts';
import { Reader, type Limits } from './wasm-reader.ts';

export const PAGE_BYTES = 65536;

/**
 * Elements of one table, for every guest: a table of ten million takes 76 MB, which no limit of
 * memory would see. Real guests have some thousands.
 */
export const TABLE_ELEMENT_COUNT_MAX = 1_000_000;

const MEMORY_PAGE_COUNT_MAX = 65536;
const Section = { TABLE: 4, MEMORY: 5 } as const;
const HAS_MAXIMUM = 1;
/** Before a table whose elements begin as something else than null. */
const WITH_INITIALIZER = 0x40;

/** What a module asks for at least, against what it may have. */
export class LimitExceeded extends Error {}

/**
 * Gives every memory and table of a valid module a maximum.
 *
 * @param memoryBytesMax of each memory; rounded down to whole pages.
 * @returns the module anew, or the same bytes when nothing had to change.
 * @throws LimitExceeded when a minimum is above its limit: names what, and both numbers.
 */
export function limitModule(bytes: Uint8Array, memoryBytesMax: number | undefined): Uint8Array {
  const pageCountMax = Math.min(
    MEMORY_PAGE_COUNT_MAX,
    Math.floor((memoryBytesMax ?? Infinity) / PAGE_BYTES),
  );
  const parts: Uint8Array[] = [bytes.subarray(0, 8)];
  const reader = new Reader(bytes, 8);
  while (!reader.isAtEnd) {
    const start = reader.position;
    const id = reader.byte();
    const section = reader.section();
    if (id === Section.MEMORY)
      parts.push(rewrite(id, section, (limits) => limitMemory(limits, pageCountMax)));
    else if (id === Section.TABLE) parts.push(rewrite(id, section, limitTable));
    else parts.push(bytes.subarray(start, reader.position));
  }
  return concatBytes(parts);
}

function limitMemory(limits: Limits, pageCountMax: number): Limits {
  if (limits.minimum > pageCountMax) {
    const asked = limits.minimum * PAGE_BYTES;
    throw new LimitExceeded(
      `asks for ${asked} bytes of memory at the start, and may have ${pageCountMax * PAGE_BYTES}`,
    );
  }
  return { ...limits, maximum: Math.min(limits.maximum ?? Infinity, pageCountMax) };
}

function limitTable(limits: Limits): Limits {
  if (limits.minimum > TABLE_ELEMENT_COUNT_MAX) {
    throw new LimitExceeded(
      `asks for a table of ${limits.minimum} elements, and may have ${TABLE_ELEMENT_COUNT_MAX}`,
    );
  }
  return { ...limits, maximum: Math.min(limits.maximum ?? Infinity, TABLE_ELEMENT_COUNT_MAX) };
}

/** One section with other limits; what stands around the limits is kept as it is. */
function rewrite(id: number, section: Reader, limit: (limits: Limits) => Limits): Uint8Array {
  const count = section.u32();
  const items: number[] = [];
  for (let index = 0; index < count; index++) {
    if (id === Section.TABLE) {
      const type = section.byte();
      if (type === WITH_INITIALIZER) throw new LimitExceeded('has a table with an initializer');
      items.push(type);
    }
    items.push(...encodeLimits(limit(section.limits())));
  }
  const body = [...encode(count), ...items];
  return Uint8Array.from([id, ...encode(body.length), ...body]);
}

function encodeLimits({ minimum, maximum, flags }: Limits): number[] {
  if (maximum === undefined) return [flags, ...encode(minimum)];
  return [flags | HAS_MAXIMUM, ...encode(minimum), ...encode(maximum)];
}

/** LEB128, unsigned. */
function encode(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...encode(Math.floor(value / 128))];
}
