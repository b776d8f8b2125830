// What a page and Node both run, to be compared: it needs neither.

import { simulate } from '../../host/sim.ts';

/** Lives through a few worlds of each module. @returns the hash of each */
export async function liveHashes(modules: readonly Uint8Array[]): Promise<string[]> {
  const hashes: string[] = [];
  for (const bytes of modules) {
    for (const seed of [1, 2, 3]) {
      const world = await simulate(bytes, { seed, latencyMs: [0, 9], segmentBytes: [1, 50] });
      const clients = [world.connect(), world.connect(), world.connect()];
      clients.forEach((client, at) => client.send(`from ${at} `.repeat(30)));
      world.run();
      clients[0]?.reset();
      clients[1]?.send('more').end();
      world.run();
      world.advance(100);
      hashes.push(world.traceHash);
    }
    const world = await simulate(bytes, { listen: ['unix:/run/page'], sendBufferBytes: 8192 });
    world.connect().send('over a path');
    for (let step = 0; step < 5; step++) world.stepCall();
    world.listen('tcp:127.0.0.1:0');
    const { descriptors } = world.run().inspect();
    hashes.push(`${world.traceHash} ${JSON.stringify(descriptors)}`);
  }
  return hashes;
}
