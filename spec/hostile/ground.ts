import { Agent } from 'node:http';
import type { Random } from '../consistency/random.ts';
import { type Asked, request } from '../support/http.ts';
import { Tcp, upgradeRequest } from '../support/tcp.ts';
import { Ears } from './ears.ts';
import {
  from,
  type Line,
  NOTHING,
  type Outcome,
  PATIENCE,
  PollingLine,
  RawLine,
  SocketLine,
  type Way,
} from './line.ts';
import type { Family, Tally } from './tally.ts';
import { newVillain, newVillains, type Villain } from './villain.ts';

/** What attackers know: where the server is, and what they would like to get at. */
export interface Target {
  url: string;
  /** UserIds, rooms and sessions of the honest. */
  names: readonly string[];
  rooms: readonly string[];
  sessions: readonly string[];
  /** A key of the administration: backends can be hostile, too. */
  apiKey: string;
  /** Texts that no answer may have. */
  secrets: readonly string[];
  /** Milliseconds after which slow handshakes are cut, and silent peers; the latter 0 where nobody waits for it. */
  handshake: number;
  silence: number;
  /** Messages that a connection may send at once. */
  burst: number;
}

/** What a client says of itself when it connects. */
export interface Introduction {
  villain?: Villain;
  /** By Socket.IO as `auth`, else as the query. */
  claims?: Record<string, unknown>;
  address?: string;
}

/** Ends of which a peer can't know why: fine where the protocol says no more, else no answer at all. */
const WORDLESS = /^(?:close 100[056]|http 0)$/;

/** Where attackers meet: the ways in, and who judges what comes of it. */
export class Ground {
  readonly target: Target;
  readonly random: Random;
  readonly tally: Tally;
  readonly ears: Ears;
  readonly villains: readonly Villain[];
  readonly #pending = new Set<Promise<unknown>>();

  constructor(target: Target, random: Random, tally: Tally, villains: readonly Villain[]) {
    this.target = target;
    this.random = random;
    this.tally = tally;
    this.villains = villains;
    this.ears = new Ears(tally, target.secrets, target.rooms);
  }

  static async of(target: Target, random: Random, tally: Tally): Promise<Ground> {
    return new Ground(target, random, tally, await newVillains());
  }

  get url(): string {
    return this.target.url;
  }

  villain(): Villain {
    return this.random.pick(this.villains);
  }

  /** One that nobody has used: what it uses up is its own. */
  stranger(): Promise<Villain> {
    return newVillain(`x${this.random.below(1e9)}`);
  }

  /** Of networks that are nobody's (RFC 5737, RFC 2544). */
  address(): string {
    const part = () => this.random.below(254) + 1;
    return `198.18.${part()}.${part()}`;
  }

  // --- ways in ---

  /** A client that has come in, or was refused: its first outcome tells. */
  async knock(way: Way, { villain = this.villain(), claims = {}, address = this.address() }: Introduction = {}) {
    const line = await this.#open(way, villain, claims, address);
    return { line, outcome: await line.next() };
  }

  /** @throws Error where it is not let in */
  async enter(way: Way, introduction?: Introduction): Promise<Line> {
    const { line, outcome } = await this.knock(way, introduction);
    if (outcome === 'accepted') return line;
    line.close();
    throw new Error(`${way}: a good token was answered with ${outcome}`);
  }

  async #open(way: Way, villain: Villain, claims: Record<string, unknown>, address: string): Promise<Line> {
    const { url, ears } = this;
    if (way === 'ws') return new RawLine(url, queryOf(claims), villain, ears, address);
    const connect = `40${JSON.stringify({ token: villain.token, ...claims })}`;
    if (way === 'websocket') return new SocketLine(url, connect, villain, ears, from(address));
    const line = new PollingLine(url, villain, ears, from(address));
    await line.open(connect);
    return line;
  }

  /** The answer to a plain request. */
  async request(path: string, asked: Asked = {}): Promise<{ outcome: Outcome; body: string }> {
    const headers = { ...from(this.address()), ...asked.headers };
    // Who closes behind its own body may miss the answer: what is not read of that resets the connection.
    const agent = new Agent({ keepAlive: true });
    const answer = await request(this.url + path, { ...asked, headers, agent }).catch(() => undefined);
    agent.destroy();
    if (!answer) return { outcome: 'http 0', body: '' };
    this.#hear(answer.status, JSON.stringify(answer.headers) + answer.body);
    return { outcome: `http ${answer.status}`, body: answer.body };
  }

  tcp(halfOpen = false): Tcp {
    return new Tcp(this.url, { patience: PATIENCE, halfOpen });
  }

  /** Writes bytes to a connection of their own; what status they are answered with. */
  async write(bytes: string | Buffer): Promise<{ outcome: Outcome; head: string }> {
    const tcp = this.tcp();
    tcp.socket.write(bytes as string, 'latin1');
    const outcome = await this.statusOf(tcp);
    tcp.close();
    return { outcome, head: tcp.answer };
  }

  async statusOf(tcp: Tcp): Promise<Outcome> {
    try {
      const status = await tcp.status();
      this.#hear(status, tcp.answer + tcp.body);
      return `http ${status}`;
    } catch {
      return tcp.socket.closed ? 'close 1006' : NOTHING;
    }
  }

  /** A WebSocket made of bytes, by either door, that is in. */
  async wire(way: Exclude<Way, 'polling'>, villain = this.villain(), halfOpen = false): Promise<Tcp> {
    const tcp = this.tcp(halfOpen);
    const target = way === 'ws' ? '/ws?' : '/socket.io/?EIO=4&transport=websocket&';
    tcp.socket.write(upgradeRequest(`${target}token=${villain.token}`, { 'X-Forwarded-For': this.address() }));
    await tcp.status();
    if (way === 'websocket') {
      await tcp.next('0{');
      tcp.send('40');
    }
    await tcp.next(way === 'ws' ? '{"type":"user_list"' : '42["user_list"');
    return tcp;
  }

  #hear(status: number, text: string): void {
    if (status >= 400) this.ears.overhear(text);
    else this.ears.overhearPage(text);
  }

  // --- judgement ---

  /** Counts an input of a family, and holds its outcome to what has to come of it. */
  judge(family: Family, what: string, outcome: Outcome, expected: RegExp): void {
    const { tally } = this;
    tally.count(family);
    const words = `${family}: ${what}: ${outcome}`;
    if (outcome === 'http 503' || outcome === 'unavailable' || outcome === 'over_capacity') return tally.count('busy');
    if (/^http 5|^internal$/.test(outcome)) return tally.fail('failures', words);
    const fits = expected.test(outcome);
    if (outcome === NOTHING || (WORDLESS.test(outcome) && !fits)) return tally.fail('silent', words);
    if (!fits) return tally.fail('wrong', `${words}, not ${expected.source}`);
    if (outcome === 'cut') tally.count('cut');
    else if (WORDLESS.test(outcome)) tally.count('ended');
    else tally.count(outcome === 'accepted' || /^http [123]/.test(outcome) ? 'accepted' : 'refused');
  }

  /** What takes its time goes on beside the rest. */
  later(work: Promise<unknown>): void {
    const done = work.catch((error: Error) => this.tally.fail('wrong', error.message));
    this.#pending.add(done);
    void done.then(() => this.#pending.delete(done));
  }

  /** Resolves when nothing is left of it. */
  async settle(): Promise<void> {
    await Promise.all(this.#pending);
  }
}

/** Is nothing more to be said on that connection? */
export function isEnd(outcome: Outcome): boolean {
  return /^(?:close|http|nothing)/.test(outcome);
}

function queryOf(claims: Record<string, unknown>): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(claims)) {
    for (const item of Array.isArray(value) ? value : [value])
      query.append(key === 'rooms' ? 'room' : key, String(item));
  }
  return query.toString();
}
