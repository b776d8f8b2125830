// Reads what an ELF file needs of others: libraries, and versions of their symbols. Only as much of
// the format as an addon for 64-bit Linux has.
//
// Source: System V ABI, "Object Files" and "Dynamic Linking"; Linux Standard Base Core, "Symbol
// Versioning"; elf(5).

const MAGIC = '\x7fELF';
const CLASS_64 = 2;
const LITTLE_ENDIAN = 1;

const SectionType = {
  DYNAMIC: 6,
  DYNSYM: 11,
  GNU_VERNEED: 0x6ffffffe,
  GNU_VERSYM: 0x6fffffff,
};

const DT_NEEDED = 1n;
/** The highest bit of a version's index hides it from the linker. */
const VERSION_INDEX_MASK = 0x7fff;

// Sizes of structures, in bytes.
const SYMBOL_BYTES = 24;
const DYNAMIC_BYTES = 16;

/**
 * @param {Buffer} bytes the file
 * @returns {{ libraries: string[],
 *   versions: { library: string, version: string, symbols: string[] }[] }} the libraries it asks
 *   for, and each version that they must have, with the symbols that are bound to it (none for a
 *   version that stands for a feature). Throws an Error for what is no such file.
 */
export function readNeeds(bytes) {
  if (bytes.toString('latin1', 0, 4) !== MAGIC) throw new Error('it is no ELF file');
  if (bytes[4] !== CLASS_64 || bytes[5] !== LITTLE_ENDIAN) {
    throw new Error('it is no ELF file of 64 bits, little-endian');
  }
  const sections = readSections(bytes);
  const versions = readVersions(bytes, sections);
  nameSymbols(bytes, sections, versions);
  return {
    libraries: readLibraries(bytes, sections),
    versions: [...versions.values()],
  };
}

function readSections(bytes) {
  const offset = Number(bytes.readBigUInt64LE(40));
  const entryBytes = bytes.readUInt16LE(58);
  const count = bytes.readUInt16LE(60);
  if (offset === 0 || count === 0) throw new Error('its section headers were removed');
  return Array.from({ length: count }, (_, index) => {
    const at = offset + index * entryBytes;
    return {
      type: bytes.readUInt32LE(at + 4),
      offset: Number(bytes.readBigUInt64LE(at + 24)),
      lengthBytes: Number(bytes.readBigUInt64LE(at + 32)),
      link: bytes.readUInt32LE(at + 40),
      info: bytes.readUInt32LE(at + 44),
    };
  });
}

function sectionOf(sections, type) {
  return sections.find((section) => section.type === type);
}

/** The libraries that the dynamic section names. */
function readLibraries(bytes, sections) {
  const dynamic = sectionOf(sections, SectionType.DYNAMIC);
  if (dynamic === undefined) throw new Error('it is no shared library');
  const names = sections[dynamic.link];
  const libraries = [];
  for (let at = 0; at < dynamic.lengthBytes; at += DYNAMIC_BYTES) {
    if (bytes.readBigInt64LE(dynamic.offset + at) !== DT_NEEDED) continue;
    libraries.push(textAt(bytes, names, Number(bytes.readBigUInt64LE(dynamic.offset + at + 8))));
  }
  return libraries;
}

/** The needed versions by the index that symbols refer to. A chain of libraries, each with one of
    versions; every link is a distance from where it stands. */
function readVersions(bytes, sections) {
  const versions = new Map();
  const needs = sectionOf(sections, SectionType.GNU_VERNEED);
  if (needs === undefined) return versions;
  const names = sections[needs.link];
  let at = needs.offset;
  for (let left = needs.info; left > 0; left -= 1) {
    const library = textAt(bytes, names, bytes.readUInt32LE(at + 4));
    let versionAt = at + bytes.readUInt32LE(at + 8);
    for (let versionsLeft = bytes.readUInt16LE(at + 2); versionsLeft > 0; versionsLeft -= 1) {
      const version = textAt(bytes, names, bytes.readUInt32LE(versionAt + 8));
      versions.set(bytes.readUInt16LE(versionAt + 6), { library, version, symbols: [] });
      versionAt += bytes.readUInt32LE(versionAt + 12);
    }
    at += bytes.readUInt32LE(at + 12);
  }
  return versions;
}

/** Adds to each version the symbols that are bound to it: two tables, side by side. */
function nameSymbols(bytes, sections, versions) {
  const symbols = sectionOf(sections, SectionType.DYNSYM);
  const indexes = sectionOf(sections, SectionType.GNU_VERSYM);
  if (symbols === undefined || indexes === undefined) return;
  const names = sections[symbols.link];
  for (let index = 0; index < symbols.lengthBytes / SYMBOL_BYTES; index += 1) {
    const version = bytes.readUInt16LE(indexes.offset + index * 2) & VERSION_INDEX_MASK;
    const name = bytes.readUInt32LE(symbols.offset + index * SYMBOL_BYTES);
    versions.get(version)?.symbols.push(textAt(bytes, names, name));
  }
}

function textAt(bytes, { offset }, index) {
  const start = offset + index;
  return bytes.toString('latin1', start, bytes.indexOf(0, start));
}
