// Where a program of the course is played: on the system's kernel, or in a simulated world. A script
// says what the program's peers do, and is the same for both.

import type { Peer } from './peer.ts';

export interface Stage {
  /** A client connects to the program, which listens. */
  connect(): Promise<Peer>;
  /** The next connection that the program has made to the server of the script. */
  accept(): Promise<Peer>;
  /** Lets so much time pass. Where time is real it passes by itself. */
  pass(ms: number): void;
  /** Resolves to how the program has ended by itself. */
  outcome(): Promise<Outcome>;
}

/** In its texts the address of the script's server is `SERVER`. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program, its options, its peers, and what must hold: the same wherever it is played. */
export interface Play {
  /** `build/NAME.wasm`. */
  readonly program: string;
  /** What the program does: the title of a test, behind its name. */
  readonly title: string;
  readonly args?: readonly string[];
  /**
   * How it comes to its connections: it listens; it finds one, which the host has made (--connect);
   * or it makes them, with --to (--allow-connect).
   */
  readonly role: 'listens' | 'connected' | 'connects';
  /** Nobody listens where the program connects to. */
  readonly isRefused?: boolean;
  /** All of its standard input. Nothing, by default. */
  readonly input?: string;
  readonly peers: (stage: Stage) => Promise<unknown>;
  /** What `peers` resolves to. */
  readonly holds: unknown;
}
