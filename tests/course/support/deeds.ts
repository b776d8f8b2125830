// What peers do again and again.

import type { Peer } from './peer.ts';

/** Sends a text, and resolves when as much has come back. */
export async function exchange(client: Peer, text: string): Promise<void> {
  const heardBytes = client.bytes.length;
  await client.send(text);
  await client.received(heardBytes + text.length);
}

/** Resolves at the end of the stream to all that came, and to how it ended. */
export async function ending(client: Peer): Promise<readonly [text: string, end: string]> {
  const end = await client.ended();
  client.close();
  return [client.bytes.toString('latin1'), end];
}
