import type { Message } from '../protocol/message.ts';
import type { Frame } from './frame.ts';

/** Frames of messages that one client after another is sent: each is encoded once, and kept as long as its message. */
export class KnownFrames {
  readonly #encode: (message: Message) => Frame;
  readonly #frames = new WeakMap<Message, Frame>();

  constructor(encode: (message: Message) => Frame) {
    this.#encode = encode;
  }

  of(message: Message): Frame {
    let frame = this.#frames.get(message);
    if (!frame) {
      frame = this.#encode(message).prepared();
      this.#frames.set(message, frame);
    }
    return frame;
  }
}
