import type { Client } from './client.ts';
import { now } from './clock.ts';
import type { Crowd, Listener } from './crowd.ts';
import { roomName } from './membership.ts';
import type { Plan, TrafficPlan } from './plan.ts';
import type { Door } from './reading.ts';
import { Chat } from './wire.ts';

/** More messages can't be in flight. */
const MOST = 2 ** 20;

/** Messages that are numbered together: those of one sender, or of one room. */
interface Lane {
  /** Who hears them and could send them. */
  members: readonly Client[];
  /** The place of the one who does. */
  sender: number;
  chats: Record<Door, Chat>;
  sent: number;
  /** How many are waited for with each message. */
  audience: number;
}

/** What is needed of a crowd. */
type Audience = Pick<Crowd, 'clients' | 'listener'>;

/** The messages of a run: it sends them, lane after lane, and knows which have reached everyone. */
export class Traffic implements Listener {
  sent = 0;
  completed = 0;
  /** Called when messages have reached everyone. */
  progress: () => void = () => {};
  /** Each message is to be confirmed to its sender. */
  readonly receipts: boolean;
  readonly #lanes: Lane[];
  /** For how many clients each message still waits. */
  readonly #waiting = new Int32Array(MOST);
  /** All before it are complete. */
  #oldest = 0;

  constructor(crowd: Audience, plan: Plan, traffic: TrafficPlan) {
    this.#lanes = plan.rooms ? roomLanes(crowd, plan.rooms.count, traffic) : senderLanes(crowd, traffic, plan.room);
    this.receipts = traffic.receipts ?? false;
    crowd.listener = this;
  }

  get inFlight(): number {
    return this.sent - this.completed;
  }

  /** How many messages each lane has had; {@link Ear.lanes} tells which a client hears. */
  ends(client: Client): number[] {
    return [...client.ear.lanes.keys()].map((lane) => this.#lanes[lane]!.sent);
  }

  /** Sends the next message. @param instant when it was due */
  send(instant = now()): void {
    const lane = this.sent % this.#lanes.length;
    const { members, sender, chats, audience, sent } = this.#lanes[lane]!;
    const client = members[sender]!;
    this.#waiting[this.sent % MOST] = audience;
    this.#lanes[lane]!.sent += 1;
    this.sent += 1;
    client.send(chats[client.ear.door].frame({ lane, sequence: sent, instant }));
  }

  arrived(fresh: readonly number[]): void {
    const before = this.completed;
    for (let i = 0; i < fresh.length; i += 2) this.#count(fresh[i]!, fresh[i + 1]!);
    if (this.completed > before) this.progress();
  }

  /** Nobody waits for a client that is gone, and another sends in its place. */
  lost(client: Client): void {
    const { sequences } = client.state;
    while (this.#oldest < this.sent && this.#waiting[this.#oldest % MOST]! <= 0) this.#oldest += 1;
    for (const [lane, place] of client.ear.lanes) {
      this.#lanes[lane]!.audience -= 1;
      const { sent } = this.#lanes[lane]!;
      const first = Math.floor(this.#oldest / this.#lanes.length);
      for (let number = first; number < sent; number++) if (!sequences.has(place, number)) this.#count(lane, number);
    }
    for (const lane of this.#lanes) if (lane.members[lane.sender] === client) lane.sender = nextSender(lane);
    this.progress();
  }

  #count(lane: number, number: number): void {
    const message = number * this.#lanes.length + lane;
    if (message >= this.sent) return;
    this.#waiting[message % MOST]! -= 1;
    if (this.#waiting[message % MOST] === 0) this.completed += 1;
  }
}

function senderLanes({ clients }: Audience, { senders, ...options }: TrafficPlan, room?: string): Lane[] {
  const audience = clients.filter(isWaitedFor).length;
  const own = { ...options, ...(room !== undefined && { room }) };
  const chats = { raw: new Chat('raw', own), socketio: new Chat('socketio', own) };
  return Array.from({ length: senders }, (_, k) => {
    const lane = { members: clients, sender: Math.floor((clients.length * k) / senders), chats, sent: 0, audience };
    return { ...lane, sender: nextSender(lane) };
  });
}

function roomLanes({ clients }: Audience, count: number, options: TrafficPlan): Lane[] {
  const members = Array.from({ length: count }, (): Client[] => []);
  for (const client of clients) for (const room of client.ear.lanes.keys()) members[room]?.push(client);
  return members.map((those, room) => {
    const own = { ...options, room: roomName(room) };
    const chats = { raw: new Chat('raw', own), socketio: new Chat('socketio', own) };
    const lane = {
      members: those,
      sender: room % those.length,
      chats,
      sent: 0,
      audience: those.filter(isWaitedFor).length,
    };
    return { ...lane, sender: nextSender(lane) };
  });
}

/** The next one, itself included, who is there and reads. */
function nextSender({ members, sender }: Pick<Lane, 'members' | 'sender'>): number {
  for (let step = 0; step < members.length; step++) {
    const place = (sender + step) % members.length;
    if (isWaitedFor(members[place]!)) return place;
  }
  return sender;
}

function isWaitedFor(client: Client): boolean {
  return client.phase === 'ready' && !client.slow;
}
