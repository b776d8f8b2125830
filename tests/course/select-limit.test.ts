// How many clients a server on select(2) has: as many as FD_SETSIZE leaves room for.

import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { SELECT_ROT13 } from './support/model.ts';
import { noNativeReason } from './support/native.ts';
import { type Subject, withGuest, withNative } from './support/subject.ts';
import { Witness } from './support/talk.ts';

const FD_SETSIZE = 1024;
/**
 * 0 to 3, in both: the standard streams and the listener. A guest has a table of its own; what the
 * runtime has open does not count in it.
 */
const DESCRIPTORS_OWN = 4;
const CLIENTS_MAX = FD_SETSIZE - DESCRIPTORS_OWN;

const test = suite('the clients of select-rot13');
const noNative = noNativeReason();
const { guest, native } = SELECT_ROT13;

const nativeTitle = 'the native program serves 1,020 clients and refuses the next by name';
if (noNative === undefined) test(nativeTitle, () => withNative(native, [], refusesOneMore));
else test.skip(nativeTitle, noNative);

test('the guest serves 1,020 clients and refuses the next by name', () =>
  withGuest(guest, [], refusesOneMore));

test.run();

async function refusesOneMore(subject: Subject): Promise<void> {
  const clients: Witness[] = [];
  while (clients.length < CLIENTS_MAX) clients.push(await Witness.of(subject));
  assert.not.match(subject.stderr, /refused/);
  await refused(subject, 1);
  await refused(subject, 2);
  for (const client of clients) await client.exchange();

  // The descriptor of one that leaves is the next one's.
  clients.pop()?.close();
  await clients[0]?.exchange();
  await clients[0]?.exchange();
  clients.push(await Witness.of(subject));
  await refused(subject, 3);
  for (const client of clients) client.close();
}

/** One more client sees its end, and a line says why: the `nth`. */
async function refused(subject: Subject, nth: number): Promise<void> {
  const served = await Witness.of(subject).then(
    () => 'served',
    (error: unknown) => (error as Error).message,
  );
  assert.match(served, /^the stream (?:ended|reset) at 0 of 2 bytes$/);
  const line = `descriptor ${FD_SETSIZE} is refused: select takes those below ${FD_SETSIZE}`;
  await subject.says(new RegExp(`(?:${line}\\n[^]*){${nth}}`));
}
