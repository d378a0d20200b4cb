import type { Message } from '../protocol/message.ts';
import type { Frame } from './frame.ts';
import { JoinedParcel, type Parcel, View } from './parcel.ts';

/** Messages that one client after another is sent: they are encoded once, and kept as long as they live. */
export class KnownParcels {
  readonly #encode: (message: Message) => Frame;
  readonly #frames = new WeakMap<Message, Frame>();
  readonly #parcels = new WeakMap<readonly Message[], Parcel>();

  constructor(encode: (message: Message) => Frame) {
    this.#encode = encode;
  }

  /** @param messages several are known together, as this very list */
  of(messages: readonly Message[]): Parcel {
    const [first] = messages;
    return first && messages.length === 1 ? this.#one(first) : this.#several(messages);
  }

  #one(message: Message): Frame {
    let frame = this.#frames.get(message);
    if (!frame) {
      frame = this.#encode(message).prepared();
      this.#frames.set(message, frame);
    }
    return frame;
  }

  #several(messages: readonly Message[]): Parcel {
    let parcel = this.#parcels.get(messages);
    if (!parcel) {
      const frames = messages.map((message) => this.#encode(message));
      parcel = new View(() => frames, new JoinedParcel(frames).bytes);
      this.#parcels.set(messages, parcel);
    }
    return parcel;
  }
}
