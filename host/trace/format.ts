// The numbers of docs/record-format.md, and what its records say.

/** The first six bytes of a file. */
export const MAGIC = 'PLXREC';
/** A reader knows the versions before it, too: in the first a varint had up to five bytes. */
export const VERSION = 2;
export const FILE_HEADER_BYTES = 8;

/**
 * Before each block:
 *
 *     0      4             8                16              20
 *     | kind | lengthBytes | offset in kind | hash of bytes | hash of 0-20 |
 */
export const BlockHeader = {
  KIND: 0,
  LENGTH: 4,
  OFFSET: 8,
  BYTES_HASH: 16,
  HEADER_HASH: 20,
  BYTES: 24,
} as const;

/** A filler's bytes mean nothing: what comes behind it begins where a disk's block does. */
export const BlockKind = { HEAD: 1, MODULE: 2, RECORDS: 3, FILLER: 4 } as const;
export type BlockKind = (typeof BlockKind)[keyof typeof BlockKind];

/** The first byte of a record that is no call of an import; those have the import's number. */
export const Opcode = {
  FIRST: 240,
  ENTER: 240,
  RETURNED: 241,
  UNWOUND: 242,
  TRAPPED: 243,
  TIME: 244,
  END: 245,
  END_WITHOUT_MEMORY: 246,
} as const;

/** The result of a call that threw. Errnos are 16 bits. */
export const UNWOUND = 65_536;

/** Longer bytes of an output are preceded by a byte, n, and n bytes that only align them. */
export const SHORT_BYTES_MAX = 160;

/** How a value of a call into the guest is written. */
export const ValueTag = { I32: 0, F64: 1, I64: 2 } as const;

/** What a guest's exported function takes and answers. */
export type Value = number | bigint;

/** What the file says of the guest's module. */
export interface ModuleDescription {
  readonly name: string;
  /** Of the bytes as they were given, 64 hexadecimal digits. */
  readonly sha256: string;
  readonly lengthBytes: number;
}

export interface Head {
  /** `module.name` of each import, by the number that records call it by. */
  readonly functions: readonly string[];
  readonly module?: ModuleDescription;
  /** What the module's memory was limited to, in bytes; absent without a limit. */
  readonly memoryBytesMax?: number;
  /** For people. */
  readonly about?: Readonly<Record<string, string>>;
}

/** Bytes that a call changed somewhere. */
export interface Change {
  readonly pointer: number;
  readonly bytes: Uint8Array;
}

/** What one output of a call was: its bytes, or for `texts` what changed. */
export type OutputBytes = Uint8Array | readonly Change[];

/** A call of an import. */
export interface Call {
  readonly kind: 'call';
  /** The first of a recording is 1. */
  readonly number: number;
  /** Its place in {@link Head.functions}. */
  readonly function: number;
  /** The arguments, i32 words; an i64 is two, the low one first. */
  readonly words: Int32Array;
  /** 0, an errno, or {@link UNWOUND}. */
  readonly result: number;
  readonly outputs: readonly OutputBytes[];
  /** Of the bytes that left the guest; 0 without any. */
  readonly sentHash: number;
  /** Microseconds from the start of the recording to the last time that was noted. */
  readonly timeUs: number;
}

/** How a call into the guest came back. */
export type Leave =
  | { readonly kind: 'returned'; readonly value: Value | undefined }
  | { readonly kind: 'unwound' }
  | { readonly kind: 'trapped' };

export interface Enter {
  readonly kind: 'enter';
  readonly name: string;
  readonly arguments: readonly Value[];
}

/** The end of a recording that was not cut off. */
export interface End {
  readonly kind: 'end';
  /** Undefined when the guest's memory was never known. */
  readonly memory: { readonly pageCount: number; readonly hash: string } | undefined;
}

export type Entry = Call | Enter | Leave | End;
