// The echo server that a Node programmer would write, on node:net. `--port 0`, as the others.

import { createServer } from 'node:net';

const turned = Uint8Array.from({ length: 256 }, (_, byte) => {
  const letter = (byte | 0x20) - 97;
  if (letter < 0 || letter >= 26) return byte;
  return letter < 13 ? byte + 13 : byte - 13;
});

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => socket.destroy());
  socket.on('data', (bytes) => {
    for (let at = 0; at < bytes.length; at += 1) bytes[at] = turned[bytes[at]];
    if (socket.write(bytes)) return;
    socket.pause();
    socket.once('drain', () => socket.resume());
  });
});

server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  process.stderr.write(`node:net: listening on tcp:127.0.0.1:${server.address().port}\n`);
});
