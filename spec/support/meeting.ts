import type { Node, Nodes, Question } from '../../src/hub/nodes.ts';
import type { Snapshot } from '../../src/hub/stats.ts';
import type { HandClock } from './hand-clock.ts';

const BEAT = 1000;
const LEASE = 3000;
const PATIENCE = 2000;

/** Nodes that meet in memory, by a clock that is moved by hand. */
export class Meeting {
  readonly clock: HandClock;
  /** Milliseconds that those have to come back whose node ended. */
  readonly grace: number;
  readonly members = new Map<string, Member>();
  #count = 0;

  constructor(clock: HandClock, grace: number) {
    this.clock = clock;
    this.grace = grace;
  }

  join(): MeetingNodes {
    this.#count += 1;
    return new MeetingNodes(this, `node-${String.fromCharCode(96 + this.#count)}`);
  }
}

interface Member {
  /** When it has ended, if nobody hears of it until then. */
  until: number;
  report?: Snapshot;
  nodes?: MeetingNodes;
}

export class MeetingNodes implements Nodes {
  readonly name: string;
  others: ReadonlyMap<string, Snapshot> = new Map();
  readonly #meeting: Meeting;
  #node: Node | undefined;
  #paused = false;
  #stop = () => {};

  constructor(meeting: Meeting, name: string) {
    this.#meeting = meeting;
    this.name = name;
  }

  async start(node: Node, known: ReadonlySet<string>): Promise<void> {
    const { members, clock } = this.#meeting;
    const now = clock.now();
    const alone = ![...members.values()].some(({ until }) => until > now);
    for (const member of members.values()) if (alone) member.until = now;
    for (const name of known) if (!members.has(name)) members.set(name, { until: now });
    this.#node = node;
    this.#beat();
    this.#stop = clock.every(BEAT, () => this.#beat());
  }

  /** It does nothing, and hears nothing, until `resume`. */
  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#beat();
  }

  /** It ends without a word. */
  kill(): void {
    this.#paused = true;
    this.#stop();
  }

  #beat(): void {
    if (this.#paused) return;
    const { members, clock, grace } = this.#meeting;
    const now = clock.now();
    members.set(this.name, { until: now + LEASE, report: copy(this.#node!.report()), nodes: this });
    const living = [...members].filter(([, { until }]) => until > now);
    const others = living.filter(([name]) => name !== this.name);
    this.others = new Map(others.map(([name, { report }]) => [name, report!]));
    if (living.map(([name]) => name).sort()[0] !== this.name) return;
    for (const [name, { until }] of members) if (until + grace <= now) void this.#bury(name);
  }

  async #bury(name: string): Promise<void> {
    const { members, clock } = this.#meeting;
    const done = await this.#node!.bury(name);
    if (done && members.get(name)!.until <= clock.now()) members.delete(name);
  }

  async ask(question: Question): Promise<unknown[]> {
    const { members, clock } = this.#meeting;
    const others = [...members.values()].filter(({ nodes, until }) => nodes !== this && until > clock.now());
    const answers = await Promise.all(others.map(({ nodes }) => nodes?.asked(copy(question))));
    return answers.filter((answer) => answer !== undefined);
  }

  asked(question: Question): Promise<unknown> {
    if (!this.#paused) return this.#node!.answer(question).then(copy);
    return new Promise((resolve) => this.#meeting.clock.after(PATIENCE, () => resolve(undefined)));
  }

  async stop(): Promise<void> {
    this.kill();
    const { members, clock } = this.#meeting;
    const own = members.get(this.name);
    if (own) own.until = clock.now();
  }
}

/** As it would come over a network. */
function copy<T>(value: T): T {
  return JSON.parse(JSON.stringify(value));
}
