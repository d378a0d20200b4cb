import { Decoder, Encoder, type Packet } from 'socket.io-parser';
import type { Answer } from '../hub/ports.ts';
import { validClientMsgId } from '../protocol/codec.ts';
import { Refusal } from '../protocol/errors.ts';
import type { Part } from '../protocol/user-rows.ts';

/** What a decoded event no longer tells. */
export interface Note {
  /** Size of its packet, attachments included. */
  bytes: number;
  /** What its answer has to carry, where its sender wants one. */
  answerId: number | undefined;
}

/** Socket.IO's parser, and a note of each event that it decoded. */
export interface NotingParser {
  Encoder: typeof Encoder;
  Decoder: typeof Decoder;
  /** @param args the event's argument list, as it was decoded */
  noteOf(args: object): Note;
}

/**
 * Socket.IO hands over decoded events and forgets how large they were, but the size limit must be the same at both
 * doors; and it answers by a callback that can't wait for its turn. This is its own parser, with a note made of both.
 */
export function notingParser(): NotingParser {
  const notes = new WeakMap<object, Note>();

  class NotingDecoder extends Decoder {
    #bytes = 0;

    constructor() {
      super();
      this.on('decoded', ({ data, id: answerId }: Packet) => {
        if (typeof data === 'object' && data !== null) notes.set(data, { bytes: this.#bytes, answerId });
      });
    }

    override add(chunk: unknown): void {
      // Attachments follow their packet's text: together they are one event.
      if (typeof chunk === 'string') this.#bytes = Buffer.byteLength(chunk);
      else if (ArrayBuffer.isView(chunk)) this.#bytes += chunk.byteLength;
      super.add(chunk);
    }
  }

  return { Encoder, Decoder: NotingDecoder, noteOf: (args) => notes.get(args) ?? NO_NOTE };
}

const NO_NOTE: Note = { bytes: 0, answerId: undefined };

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
export function encodeEvent(namespace: string, name: string, json: readonly Part[]): Part[] {
  return [`2${addressOf(namespace)}[${JSON.stringify(name)},`, ...json, ']'];
}

/** The packet that calls a sender's callback. */
export function encodeAnswer(namespace: string, id: number, answer: Answer): string {
  return `3${addressOf(namespace)}${id}[${JSON.stringify(answer)}]`;
}

/** How a packet names its namespace: the main one is not named. */
function addressOf(namespace: string): string {
  return namespace === '/' ? '' : `${namespace},`;
}

function tooMany(first: unknown): Refusal {
  const id = typeof first === 'object' && first !== null && 'clientMsgId' in first ? first.clientMsgId : undefined;
  return new Refusal('invalid_message', { detail: 'arguments', clientMsgId: validClientMsgId(id) });
}
