// Runs a sandboxed server inside a Node program, talks to it, reads its figures, and stops it.
//
//     npm run build && node examples/embed.mjs

import { once } from 'node:events';
import { connect } from 'node:net';
import { run } from 'pollux';

const guest = await run(new URL('../build/rot13-echo.wasm', import.meta.url), {
  listen: ['tcp:127.0.0.1:0'],
});
const [address] = guest.addresses;
console.log(`listening on ${address}`);

const socket = connect({ port: Number(address.split(':').at(-1)), host: '127.0.0.1' });
socket.write('Hello from the program around the sandbox\n');
const [answer] = await once(socket, 'data');
console.log(String(answer).trim());

socket.destroy();
const { reason } = await guest.stop();

// While a guest runs its figures run with it; after its end they are final.
const { connectionsAccepted, receivedBytes, sentBytes } = guest.stats();
console.log(`${connectionsAccepted} connection, ${receivedBytes} bytes in, ${sentBytes} bytes out`);
console.log(reason);
