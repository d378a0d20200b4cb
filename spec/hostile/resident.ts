import type { Answer, Kind, Link, Owner, Passport } from '../consistency/link.ts';
import { RawLink } from '../consistency/raw-link.ts';
import { SdkLink } from '../consistency/sdk-link.ts';
import { Deferred } from '../support/deferred.ts';
import { type Message, nOf, type Row } from '../support/messages.ts';
import { GENERAL, type Post } from './post.ts';
import type { Tally } from './tally.ts';
import { isHostile } from './villain.ts';

export interface ResidentOptions {
  url: string;
  kind: Exclude<Kind, 'ambos'>;
  /** Also its userId. */
  name: string;
  rooms: readonly string[];
  token: string;
  post: Post;
  tally: Tally;
}

/** Milliseconds of silence after which a raw client gives up: there is always something to hear. */
const PATIENCE = 120_000;
const PRESENCE: Record<string, string> = { user_joined: 'se ha unido al', user_left: 'ha salido del' };

/** An honest client, who knows what it may be told and by whom. */
export class Resident implements Owner {
  readonly options: ResidentOptions;
  /** Resolves when it has the lists of all its rooms. */
  readonly arrived: Promise<void>;
  session = '';
  readonly #arrival = new Deferred<void>();
  readonly #link: Link;
  /** `writer/target` → the number that is to come. */
  readonly #next = new Map<string, number>();
  #n = 0n;
  #left = false;

  constructor(options: ResidentOptions) {
    this.options = options;
    this.arrived = this.#arrival.promise;
    const { url, kind } = options;
    this.#link = kind === 'raw' ? new RawLink(url, this, PATIENCE) : new SdkLink(url, this, kind);
  }

  get name(): string {
    return this.options.name;
  }

  write(target: string): void {
    this.#link.send(this.options.post.write(this.name, target));
  }

  leave(): void {
    this.#left = true;
    this.#link.leave();
  }

  /** Does it hear what is written there? */
  hears(writer: string, target: string): boolean {
    if (target.startsWith('@')) return target === `@${this.name}` || writer === this.name;
    return target === GENERAL || this.options.rooms.includes(target);
  }

  /** How many letters of a stream it has heard, if none is missing between them. */
  heardOf(stream: string): number {
    return this.#next.get(stream) ?? 0;
  }

  // --- what its link says ---

  passport(): Passport {
    const { name, rooms, token } = this.options;
    return { username: name, userId: name, rooms: [...rooms], session: '', token };
  }

  opened(): void {}

  heard(_link: Link, message: Message, first: boolean): void {
    if (first) this.session = message.session ?? '';
    this.#order(message);
    const fault = this.#faultOf(message);
    if (fault) this.options.tally.fail('spoofed', `${this.name} heard, ${fault}: ${JSON.stringify(message)}`);
    if (message.type === 'user_list' && (message.room ?? GENERAL) === this.options.rooms.at(-1)) {
      this.#arrival.resolve();
    }
  }

  answered(_link: Link, ref: string, answer: Answer): void {
    if ('id' in answer) this.options.post.acknowledged(ref);
    else this.options.tally.fail('rejected', `${ref} as ${answer.code}`);
  }

  /** The server goes on, so that a place is always to be had: it comes to light by what does not arrive. */
  failed(): void {}

  dropped(_link: Link, _comesBack: boolean, code = ''): void {
    if (!this.#left) this.options.tally.fail('dropped', `${this.name}, ${this.options.kind}, ${code}`);
  }

  // --- what it thinks of a message ---

  #order({ id }: Message): void {
    const n = nOf(id);
    const own = !id.includes('.');
    if (n < this.#n || (own && n === this.#n)) this.#disordered(`${id} behind ${this.#n}`);
    this.#n = n;
  }

  /** What is wrong with it; undefined where nothing is. */
  #faultOf(message: Message): string | undefined {
    const { type, from } = message;
    if (type === 'chat' || type === 'notification') return this.#faultOfPost(message);
    if (from !== 'system') return 'not from the system';
    if (type === 'user_list') return this.#faultOfList(message);
    if (type in PRESENCE) return this.#faultOfPresence(message);
    return type === 'ack' ? undefined : 'of a type that is none of its business';
  }

  #faultOfPost(message: Message): string | undefined {
    const { from, data, content, room, to, fromId } = message;
    if (isHostile(from)) return this.#faultOfHostile(message);
    const letter = this.options.post.letterBy(data);
    if (!letter || letter.writer !== from || letter.content !== content) return 'which nobody has written';
    const place = to === undefined ? (room ?? GENERAL) : `@${to}`;
    const sender = to === undefined ? undefined : letter.writer;
    if (place !== letter.target || fromId !== sender || !this.hears(from, place)) return 'in the wrong place';
    this.#read(message);
    return undefined;
  }

  /** Strangers may speak to everybody, or to one; their words are their own. */
  #faultOfHostile({ type, room, to, fromId, content }: Message): string | undefined {
    if (type !== 'chat' || room !== undefined) return 'which a stranger may not say';
    if (to !== undefined && (to !== this.name || !isHostile(fromId ?? ''))) return 'which is for somebody else';
    return content.isWellFormed() ? undefined : 'ill-formed';
  }

  #faultOfList({ data, room = GENERAL }: Message): string | undefined {
    const rows = data as Row[];
    if (!rows.every(({ id, username }) => isSomebody(id, username))) return 'with forged names';
    return room !== GENERAL && rows.some(({ id }) => isHostile(id)) ? 'with strangers in it' : undefined;
  }

  #faultOfPresence({ type, data, content, room }: Message): string | undefined {
    const { username, userId } = data as { username: string; userId: string };
    if (content !== `${username} ${PRESENCE[type]} chat`) return 'in words that are not the server’s';
    if (!isSomebody(userId, username)) return 'under a forged name';
    return room !== undefined && isHostile(userId) ? 'where no stranger may be' : undefined;
  }

  #read({ data }: Message): void {
    const { post, tally } = this.options;
    const letter = post.letterBy(data)!;
    const stream = `${letter.writer}/${letter.target}`;
    const next = this.heardOf(stream);
    if (letter.number < next) return this.#disordered(`${letter.ref}, where ${next} was to come`);
    tally.fail('lost', `${this.name}: ${stream} ${next}`, letter.number - next);
    this.#next.set(stream, letter.number + 1);
    tally.count('deliveries');
    post.delivered(letter);
  }

  #disordered(what: string): void {
    this.options.tally.fail('disordered', `${this.name}: ${what}`);
  }
}

/** Whom tokens were made for: an honest name is its own userId, and who is hostile can have no other name. */
function isSomebody(userId: string, username: string): boolean {
  return isHostile(userId) ? isHostile(username) : /^h\d+$/.test(userId) && username === userId;
}
