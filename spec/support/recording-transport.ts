import type { Audience, Reception, Transport } from '../../src/hub/ports.ts';
import { Session } from '../../src/hub/session.ts';
import { encode } from '../../src/protocol/codec.ts';
import type { CloseName } from '../../src/protocol/errors.ts';
import type { Content, Message } from '../../src/protocol/message.ts';
import { UserRows } from '../../src/protocol/user-rows.ts';

interface Sent {
  message: Message;
  receivers: Audience | Session;
}

/** A transport without a network: it remembers what each session got, and how the calls came. */
export class RecordingTransport implements Transport {
  readonly name: string;
  readonly calls: Sent[] = [];
  readonly closes: { session: Session; why: CloseName }[] = [];
  /** What was asked to stop reading and to go on, by user. */
  readonly flow: string[] = [];
  /** Whether there is something that reading can be stopped of. */
  pausable = true;
  readonly #received = new Map<Session, Message[]>();
  /** Sessions whose socket is full as soon as they have been sent this many more messages. */
  readonly #room = new Map<Session, number>();
  readonly #hub: () => Reception;

  constructor(name: string, hub: () => Reception) {
    this.name = name;
    this.#hub = hub;
  }

  send(outgoing: Message<Content>, receivers: Audience | Session): void {
    const message = asReceived(outgoing);
    this.calls.push({ message, receivers });
    if (receivers instanceof Session) this.#write(receivers, message);
    else for (const session of receivers) this.#write(session, message);
  }

  replay(messages: readonly Message[], session: Session): void {
    for (const message of messages) this.send(message, session);
  }

  /** Nothing waits here: whatever is sent is received. */
  settle(): void {}

  pause({ user }: Session): boolean {
    if (this.pausable) this.flow.push(`pause ${user.id}`);
    return this.pausable;
  }

  resume({ user }: Session): void {
    this.flow.push(`resume ${user.id}`);
  }

  close(session: Session, why: CloseName): void {
    this.closes.push({ session, why });
    this.#hub().disconnect(session, { goodbye: false });
  }

  /** What a session got, in order. */
  received(session: Session): Message[] {
    return this.#received.get(session) ?? [];
  }

  /** Its socket takes this many more messages, then it is full. */
  fill(session: Session, after: number): void {
    this.#room.set(session, after);
  }

  drain(session: Session, after = Number.POSITIVE_INFINITY): void {
    this.#room.set(session, after);
    this.#hub().drained(session);
  }

  #write(session: Session, message: Message): void {
    const list = this.#received.get(session);
    if (list) list.push(message);
    else this.#received.set(session, [message]);
    const left = (this.#room.get(session) ?? Number.POSITIVE_INFINITY) - 1;
    this.#room.set(session, left);
    if (left <= 0) this.#hub().blocked(session);
  }
}

function asReceived(message: Message<Content>): Message {
  return message.data instanceof UserRows ? JSON.parse(encode(message).join('')) : (message as Message);
}
