// What peers do again and again.

import type { Peer } from './peer.ts';

/** Every server of the course answers this with the same, at once. */
export const WITNESSED = '.\n';

/** Sends a text, and resolves when as much has come back. */
export async function exchange(client: Peer, text: string): Promise<void> {
  const heardBytes = client.bytes.length;
  await client.send(text);
  await client.received(heardBytes + text.length);
}

/**
 * Resolves when a server in one thread has dealt with what had been sent before, and has answered
 * what it answers to that: it was there when the first exchange began, and the loop has been round
 * before the second one ended. What it has answered has arrived here by then, and is read in the
 * same turn of this process at the latest.
 */
export async function rounds(witness: Peer): Promise<void> {
  await exchange(witness, WITNESSED);
  await exchange(witness, WITNESSED);
  await new Promise((done) => setImmediate(done));
}

/** Resolves at the end of the stream to all that came, and to how it ended. */
export async function ending(client: Peer): Promise<readonly [text: string, end: string]> {
  const end = await client.ended();
  client.close();
  return [client.bytes.toString('latin1'), end];
}
