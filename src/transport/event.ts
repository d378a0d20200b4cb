import { Decoder, Encoder, type Packet } from 'socket.io-parser';
import { validClientMsgId } from '../protocol/codec.ts';
import { Refusal } from '../protocol/errors.ts';

/** Socket.IO's parser, and the size of each event that it decoded. */
export interface MeasuringParser {
  Encoder: typeof Encoder;
  Decoder: typeof Decoder;
  /** Bytes of the packet that an event's argument list came in, attachments included. */
  sizeOf(args: object): number;
}

/**
 * Socket.IO hands over decoded events and forgets how large they were; the size limit must be the same at both doors.
 * This is its own parser, with a note made of each packet's size.
 */
export function measuringParser(): MeasuringParser {
  const sizes = new WeakMap<object, number>();

  class MeasuringDecoder extends Decoder {
    #bytes = 0;

    constructor() {
      super();
      this.on('decoded', ({ data }: Packet) => {
        if (typeof data === 'object' && data !== null) sizes.set(data, this.#bytes);
      });
    }

    override add(chunk: unknown): void {
      // Attachments follow their packet's text: together they are one event.
      if (typeof chunk === 'string') this.#bytes = Buffer.byteLength(chunk);
      else if (ArrayBuffer.isView(chunk)) this.#bytes += chunk.byteLength;
      super.add(chunk);
    }
  }

  return { Encoder, Decoder: MeasuringDecoder, sizeOf: (args) => sizes.get(args) ?? 0 };
}

/**
 * Turns an event into what a raw client would have sent: the event's name is the type. `message` is what `send()` emits:
 * a whole message, or the text of a chat.
 *
 * @throws Refusal `invalid_message`
 */
export function eventToMessage(name: unknown, args: readonly unknown[]): unknown {
  if (args.length > 1) throw tooMany(args[0]);
  const argument = args[0] ?? {};
  if (name === 'message') return typeof argument === 'string' ? { type: 'chat', content: argument } : argument;
  if (typeof argument === 'string') return { type: name, content: argument };
  if (typeof argument !== 'object' || Array.isArray(argument) || ArrayBuffer.isView(argument)) return argument;
  return { ...argument, type: name };
}

/** The packet of an event with one argument that is JSON already; the same text for every client of the namespace. */
export function encodeEvent(namespace: string, name: string, json: string): string {
  const prefix = namespace === '/' ? '2' : `2${namespace},`;
  return `${prefix}[${JSON.stringify(name)},${json}]`;
}

function tooMany(first: unknown): Refusal {
  const id = typeof first === 'object' && first !== null && 'clientMsgId' in first ? first.clientMsgId : undefined;
  return new Refusal('invalid_message', { detail: 'arguments', clientMsgId: validClientMsgId(id) });
}
