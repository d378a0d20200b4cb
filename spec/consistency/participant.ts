import { Deferred } from '../support/deferred.ts';
import type { Message } from '../support/messages.ts';
import { AmbosLink } from './ambos-link.ts';
import type { Journal } from './journal.ts';
import { type Answer, doorOf, KINDS, type Kind, type Link, type Owner, type Passport } from './link.ts';
import type { Pen } from './pen.ts';
import type { Random } from './random.ts';
import { RawLink } from './raw-link.ts';
import type { Route } from './route.ts';
import { SdkLink } from './sdk-link.ts';
import type { Tally } from './tally.ts';
import { GENERAL, type Reader, type Transcript } from './transcript.ts';

/** What the first list says of recovery. */
type Welcome = Message & { session?: string; recovered?: boolean; reason?: string; replayed?: number };

export interface ParticipantOptions extends Reader {
  route: Route;
  kind: Kind;
  /** Names its rooms whenever it comes; otherwise its session has to bring them back. */
  naming: boolean;
  /** Milliseconds of silence after which it comes anew. */
  patience: number;
  random: Random;
  tally: Tally;
  journal: Journal;
  transcript: Transcript;
  pen?: Pen | undefined;
}

/** A server that ends, or can't reach its log, lets nobody in: by Socket.IO it says so before it closes. */
function isBusy({ type, data }: Message): boolean {
  return type === 'error' && BUSY.has((data as { code: string }).code);
}

const BUSY = new Set(['try_again_later', 'going_away']);
/** Of each drop, how often a client comes back as something else, though it would come back by itself. */
const FICKLENESS = 0.2;

/** Somebody who reads, and maybe writes, and comes back whatever happens, by this protocol or the other. */
export class Participant implements Owner {
  readonly options: ParticipantOptions;
  /** Resolves when it has the lists of all its rooms. */
  readonly arrived: Promise<void>;
  readonly #arrival = new Deferred<void>();
  #link: Link | undefined;
  #kind: Kind;
  #session = '';
  #lastId: string | undefined;
  /** The kind of the connection before. */
  #former: Kind | undefined;
  /** The node that it was at. */
  #formerNode = '';
  /** Lists of the default room that this connection has given. */
  #lists = 0;
  #left = false;

  constructor(options: ParticipantOptions) {
    this.options = options;
    this.#kind = options.kind;
    this.arrived = this.#arrival.promise;
    this.#open();
  }

  /** Its position. */
  get lastId(): string {
    return this.#lastId ?? '';
  }

  /** Goes on as another kind of client, without a word to the server about the one before. */
  move(): void {
    this.#abandon();
    const others = KINDS.filter((kind) => kind !== this.#kind);
    const across = others.filter((kind) => doorOf(kind) !== doorOf(this.#kind));
    this.#kind = this.options.random.pick(this.options.random.chance(0.75) ? across : others);
    this.#open();
  }

  leave(): void {
    this.#left = true;
    this.#link?.leave();
    this.#link = undefined;
  }

  #open(): void {
    const { route, journal, patience } = this.options;
    const { url } = route;
    journal.remark(`comes as ${this.#kind} to ${route.node}, having ${this.#lastId}`);
    const kind = this.#kind;
    if (kind === 'raw') this.#link = new RawLink(url, this, patience);
    else if (kind === 'ambos') this.#link = new AmbosLink(url, this, patience);
    else this.#link = new SdkLink(url, this, kind);
  }

  #abandon(): void {
    const link = this.#link;
    this.#lastId = link?.lastId ?? this.#lastId;
    this.#link = undefined;
    this.options.pen?.dropped();
    link?.abandon();
    this.options.route.turn();
  }

  // --- what its link says ---

  passport(): Passport {
    const { name, userId, rooms, naming } = this.options;
    const named = naming || this.#session === '';
    return {
      username: name,
      userId,
      session: this.#session,
      ...(named && { rooms: [...rooms] }),
      ...(this.#lastId !== undefined && { lastId: this.#lastId }),
    };
  }

  opened(link: Link): void {
    if (link === this.#link) this.options.pen?.opened(link);
  }

  heard(link: Link, message: Message, first: boolean): void {
    if (link !== this.#link) return;
    this.#lastId = message.id;
    if (first && isBusy(message)) this.options.tally.count('postponed');
    else if (first) this.#welcomed(message);
    else if (message.type === 'user_list') this.#listed(message);
    this.options.transcript.take(message);
    if (message.type === 'error') this.#told(`${(message.data as { code: string }).code} ${message.id}`);
  }

  #welcomed(message: Welcome): void {
    const { tally, name, journal } = this.options;
    const { type, id, session, recovered, reason, replayed = 0 } = message;
    const { node } = this.options.route;
    journal.remark(`${type} ${id} of ${node}, recovered ${recovered} ${reason ?? ''} replayed ${replayed}`);
    tally.count('connections');
    if (this.#former) this.#returned(message);
    if (type !== 'user_list') tally.fail('refused', `${name}: ${type} came before the first list`);
    this.#session = session ?? this.#session;
    this.#former = this.#kind;
    this.#formerNode = node;
    this.#lists = 1;
    tally.count('replayed', replayed);
  }

  #returned({ recovered, reason, session }: Welcome): void {
    const { tally, name, journal } = this.options;
    if (doorOf(this.#former!) !== doorOf(this.#kind)) tally.count('handovers');
    if (this.#formerNode !== this.options.route.node) tally.count('wanderings');
    if (recovered && session === this.#session) return tally.count('recoveries');
    const words = `${name}: recovered ${recovered}, ${reason ?? 'another session'}`;
    tally.fail('refused', words);
    journal.remark(words);
  }

  #listed({ room = GENERAL }: Message): void {
    if (room === this.options.rooms.at(-1)) this.#arrival.resolve();
    if (room !== GENERAL) return;
    this.#lists += 1;
    if (this.#lists > 1) this.options.tally.count('levels');
  }

  answered(link: Link, ref: string, answer: Answer): void {
    if (link === this.#link) this.options.pen?.answered(ref, answer);
  }

  failed(link: Link): void {
    if (link === this.#link) this.options.route.turn();
  }

  dropped(link: Link, comesBack: boolean, code = ''): void {
    if (link !== this.#link || this.#left) return;
    const { pen, random } = this.options;
    this.#told(code);
    pen?.dropped();
    const fickle = random.chance(FICKLENESS);
    if (comesBack && !fickle) return this.options.route.turn();
    this.#abandon();
    setTimeout(() => this.#comeBack(fickle), random.between(10, 400));
  }

  /** Why it is dropped: the raw door says so by the close code, Socket.IO by an error before. */
  #told(code: string): void {
    const { tally, name, journal } = this.options;
    journal.remark(`told ${code}`);
    if (code === '4504' || code.startsWith('replaced')) tally.count('replacements');
    if (code === '4008' || code.startsWith('slow_consumer')) tally.fail('evicted', name);
  }

  #comeBack(fickle: boolean): void {
    if (this.#left || this.#link) return;
    if (fickle) this.move();
    else this.#open();
  }
}
