// Socket addresses, and how people write them: `tcp:HOST:PORT`, `tcp:[V6]:PORT`, `unix:PATH`.

/** A numeric address. Names are resolved before they come here. */
export type Address =
  | { readonly family: 'ipv4' | 'ipv6'; readonly host: string; readonly port: number }
  | { readonly family: 'unix'; readonly path: string };

export type Family = Address['family'];

/** The longest path of a unix socket, in bytes. Source: unix(7), sun_path with its zero byte. */
export const UNIX_PATH_BYTES_MAX = 107;

/** Writes an address as it is given on the command line: `tcp:127.0.0.1:43211`. */
export function formatAddress(address: Address): string {
  if (address.family === 'unix') return `unix:${address.path}`;
  const host = address.family === 'ipv6' ? `[${address.host}]` : address.host;
  return `tcp:${host}:${address.port}`;
}

/** Where to listen, as written: the host may still be a name. */
export type ListenAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

/**
 * Reads `tcp:HOST:PORT`, `tcp:[V6]:PORT` or `unix:PATH`.
 *
 * @returns the parts, or (a string) what is wrong with the text, in words for a person.
 */
export function parseListenAddress(text: string): ListenAddress | string {
  if (text.startsWith('unix:')) return parseUnix(text.slice('unix:'.length));
  if (!text.startsWith('tcp:')) return 'an address starts with tcp: or unix:';
  const match = /^(?:\[(?<v6>[^\]]*)\]|(?<host>[^:[\]]*)):(?<port>[^:]*)$/.exec(text.slice(4));
  if (match?.groups === undefined) {
    return 'a TCP address is tcp:HOST:PORT, and an IPv6 host stands in brackets: tcp:[::1]:80';
  }
  const host = match.groups['v6'] ?? match.groups['host'] ?? '';
  const portText = match.groups['port'] ?? '';
  if (host === '') return 'the host is missing: tcp:127.0.0.1:PORT, or tcp:0.0.0.0:PORT for all';
  if (!/^\d{1,5}$/.test(portText) || Number(portText) > 65535) {
    return `the port ${JSON.stringify(portText)} is not a number from 0 to 65535`;
  }
  return { kind: 'tcp', host, port: Number(portText) };
}

function parseUnix(path: string): ListenAddress | string {
  if (path === '') return 'the path is missing: unix:PATH';
  if (path.includes('\0')) return 'a unix path has no zero byte';
  const bytes = new TextEncoder().encode(path).length;
  if (bytes > UNIX_PATH_BYTES_MAX) {
    return `the path has ${bytes} bytes, a unix socket's has ${UNIX_PATH_BYTES_MAX} at most`;
  }
  return { kind: 'unix', path };
}
