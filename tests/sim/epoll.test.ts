// A server on the epoll imports in a simulated world.

import * as assert from 'uvu/assert';
import { simulate, type World } from '../../host/sim.ts';
import { epollEcho } from '../support/epoll-echo.ts';
import { suite } from '../support/suite.ts';

const test = suite('a simulated world (epoll imports)');
const row = (title: string, body: (world: World) => void): void => {
  test(title, async () => body(await simulate(epollEcho(), { seed: 5 })));
};

row('each of fifty clients gets its own back, however it comes', (world) => {
  const clients = Array.from({ length: 50 }, (_, at) => world.connect().send(`client ${at} `));
  world.run();
  for (const client of clients) client.send('again').end();
  world.run();
  clients.forEach((client, at) => {
    assert.is(client.text(), `client ${at} again`);
    assert.is(client.state, 'ended');
  });
});

row('what is watched can be looked at', (world) => {
  world.connect().send('text');
  world.run();
  const { descriptors, sets } = world.inspect();
  assert.equal(
    descriptors.filter(({ fd }) => fd >= 3).map(({ kind }) => kind),
    ['listener', 'epoll', 'connection'],
  );
  assert.equal(
    sets.map(({ interest }) => interest),
    [['fd 3: READ level', 'fd 5: READ level']],
  );
});

row('a connection that is reset is taken out by its close', (world) => {
  const client = world.connect().send('text');
  world.run();
  client.reset();
  const next = world.connect().send('next');
  world.run();
  assert.is(next.text(), 'next');
  assert.is(world.inspect().sets[0]?.interest.length, 2);
});

test.run();
