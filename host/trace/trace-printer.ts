// Prints one line for each call, in the manner of strace(1): arguments before it runs, with the lists
// they point to; result, what it wrote and how long it took after it.

import { NS_PER_US, NS_PER_S } from '../base/units.ts';
import { EpollCtl, EpollEvent } from '../wasi/dialects/wasix-layout.ts';
import type { GuestMemory } from '../wasi/memory.ts';
import { CallRegions, type Place, PlaceKind } from '../wasi/regions.ts';
import type { Parameter, Signature } from '../wasi/signature.ts';
import {
  epollEventsText,
  epollEventText,
  eventsText,
  fdstatText,
  iovecsText,
  sockAddressText,
  subscriptionsText,
} from './list-text.ts';
import type { CallObserver } from './observer.ts';
import { argumentText, bytesText, resultText, valueText } from './text.ts';

export interface TracePrinterOptions {
  /** Gets each line, without its end. */
  readonly print: (line: string) => void;
  /** Microseconds since the start. */
  readonly clockUs: () => number;
  /** Only calls of these; by default all. */
  readonly calls?: readonly string[];
  /** Whether to say how long each call took: not for a replay, whose calls take no time. */
  readonly showsDuration?: boolean;
}

interface CallUnderWay {
  readonly signature: Signature;
  readonly values: readonly (number | bigint)[];
  readonly parameters: readonly number[];
  readonly regions: CallRegions;
  readonly text: string;
  readonly startUs: number;
}

export class TracePrinter implements CallObserver {
  readonly #options: TracePrinterOptions;
  #call: CallUnderWay | undefined;

  constructor(options: TracePrinterOptions) {
    this.#options = options;
  }

  before(signature: Signature, values: readonly (number | bigint)[], memory: GuestMemory): void {
    this.#call = undefined;
    const { calls, clockUs } = this.#options;
    if (calls !== undefined && !calls.includes(signature.name)) return;
    const parameters = values.map((value) => Number(BigInt.asUintN(32, BigInt(value))));
    const regions = new CallRegions(signature);
    regions.before(parameters, memory);
    const text = `${signature.name}(${argumentsText(signature, parameters, values, memory)})`;
    this.#call = { signature, values, parameters, regions, text, startUs: clockUs() };
  }

  after(result: number | 'unwound', memory: GuestMemory): void {
    const call = this.#call;
    if (call === undefined) return;
    const { print, clockUs, showsDuration = false } = this.#options;
    const endUs = clockUs();
    const outputs = result === 0 ? this.#outputs(call, memory) : [];
    const line = [`${call.text} = ${resultText(result)}`, ...outputs].join(', ');
    const duration = showsDuration ? ` <${seconds(endUs - call.startUs)}>` : '';
    print(`${seconds(showsDuration ? call.startUs : endUs)} ${line}${duration}`);
  }

  #outputs(call: CallUnderWay, memory: GuestMemory): string[] {
    const { places, sent } = call.regions;
    const texts = places.flatMap((place) => this.#place(call, place, memory));
    if (sent !== undefined) texts.push(this.#moved(call, sent, memory));
    return texts;
  }

  #place(call: CallUnderWay, place: Place, memory: GuestMemory): string[] {
    const { signature, parameters, regions } = call;
    if (place.kind === PlaceKind.TEXTS) {
      const changed = regions.changes(memory);
      return changed.map(({ pointer, lengthBytes }) =>
        bytesText(memory.bytes.subarray(pointer, pointer + lengthBytes)),
      );
    }
    if (place.kind === PlaceKind.VALUE) {
      const pointer = parameters[place.pointer] ?? 0;
      const bytes = memory.bytes.subarray(pointer, pointer + place.valueBytes);
      const text =
        signature.name === 'fd_fdstat_get' ? fdstatText(memory, pointer) : valueText(bytes);
      return [`${signature.parameters[place.pointer]?.name ?? ''} ${text}`];
    }
    const listText = EVENT_TEXTS.get(signature.name);
    if (listText !== undefined && place.kind === PlaceKind.ARRAY) {
      const count = memory.getUint32(parameters[place.written] ?? 0);
      return [listText(memory, parameters[place.pointer] ?? 0, count)];
    }
    if (place.kind === PlaceKind.SIZED) {
      const pointer = parameters[place.pointer] ?? 0;
      const lengthBytes = regions.writtenBytes(place, parameters, memory);
      return [valueText(memory.bytes.subarray(pointer, pointer + lengthBytes))];
    }
    return [this.#moved(call, place, memory)];
  }

  /** The bytes that a call moved, one text for all of their pieces. */
  #moved({ parameters, regions }: CallUnderWay, place: Place, memory: GuestMemory): string {
    regions.locate(place, parameters, regions.writtenBytes(place, parameters, memory));
    const pieces: number[] = [];
    for (let index = 0; index < regions.count && pieces.length < PIECES_BYTES_MAX; index++) {
      const pointer = regions.pointers[index] ?? 0;
      const lengthBytes = Math.min(regions.lengths[index] ?? 0, PIECES_BYTES_MAX);
      pieces.push(...memory.bytes.subarray(pointer, pointer + lengthBytes));
    }
    return bytesText(Uint8Array.from(pieces));
  }
}

/** How the events are printed that these write. */
const EVENT_TEXTS = new Map([
  ['poll_oneoff', eventsText],
  ['epoll_wait', epollEventsText],
]);

/** Results and their places come after the call, and what counts a list is said by the list. */
function argumentsText(
  signature: Signature,
  parameters: readonly number[],
  values: readonly (number | bigint)[],
  memory: GuestMemory,
): string {
  const texts: string[] = [];
  const inputs = signature.parameters.flatMap((parameter, index) =>
    parameter.kind === 'out' ? [] : [{ parameter, index }],
  );
  for (let at = 0; at < inputs.length; at++) {
    const { parameter, index } = inputs[at] as { parameter: Parameter; index: number };
    const next = inputs[at + 1];
    const pointer = parameters[index] ?? 0;
    const count = parameters[next?.index ?? -1] ?? 0;
    const isNumber = signature.name === 'sock_setsockopt' && count <= 4;
    const isText = next?.parameter.kind === 'length' && memory.holds(pointer, count);
    if (parameter.kind === 'pointer' && next?.parameter.kind === 'count') {
      const listText = signature.name === 'poll_oneoff' ? subscriptionsText : iovecsText;
      texts.push(listText(memory, pointer, count));
      at++;
    } else if (parameter.kind === 'epoll_event' && isEventRead(parameters, pointer, memory)) {
      texts.push(`{${epollEventText(memory, pointer)}}`);
    } else if (parameter.kind === 'pointer' && isText) {
      const bytes = memory.bytes.subarray(pointer, pointer + count);
      texts.push(isNumber ? valueText(bytes) : bytesText(bytes));
      at++;
    } else if (parameter.kind === 'address') {
      texts.push(sockAddressText(memory, pointer, count));
      at++;
    } else {
      texts.push(argumentText(parameter, values[index] ?? 0));
    }
  }
  return texts.join(', ');
}

/** Whether epoll_ctl looks at its event. */
function isEventRead([, op]: readonly number[], event: number, memory: GuestMemory): boolean {
  return op !== EpollCtl.DEL && memory.holds(event, EpollEvent.BYTES);
}

/** More than a line shows: so that it is seen that there is more. */
const PIECES_BYTES_MAX = 100;

/** `12.345678` */
function seconds(us: number): string {
  return ((us * NS_PER_US) / NS_PER_S).toFixed(6);
}
