import { expect } from 'chai';
import fc from 'fast-check';
import type { Session } from '../../src/hub/session.ts';
import { FanOut } from '../../src/transport/fanout.ts';
import { Frame } from '../../src/transport/frame.ts';
import { Pacer } from '../../src/transport/pacer.ts';
import type { Parcel } from '../../src/transport/parcel.ts';
import { textsOf } from '../support/frames.ts';
import { HandLoop } from '../support/hand-loop.ts';
import { sessions } from '../support/sessions.ts';

const SEED = Number(process.env['FUZZ_SEED'] ?? 20_231_107);
const MOST_BYTES = 256 * 1024;
const MOST_OWN_BYTES = 16 * 1024;
/** The largest audience whose members are treated one by one. */
const FEW = 4;

interface Write {
  session: Session;
  bytes: Buffer;
  texts: string[];
}

/** A fan-out that writes into lists, in turns that a spec ends. */
class FanOutBench {
  readonly loop = new HandLoop();
  readonly everyone: Session[];
  /** Each write, in order. */
  readonly writes: Write[] = [];
  readonly flushes: number[] = [];
  readonly fanout: FanOut;
  /** Sessions whose sockets take nothing at once: what they are written must stay as it is. */
  readonly busy = new Set<Session>();
  /** What happens when a session is written to. */
  onWrite: (session: Session) => unknown = () => {};
  onFlushed: () => void = () => {};
  #held: Write[] = [];

  constructor(count = 10) {
    this.everyone = sessions(count);
    this.fanout = new FanOut({
      pacer: new Pacer(this.loop),
      idle: (session) => !this.busy.has(session),
      write: (session, parcel) => this.#write(session, parcel),
      flushed: (messages) => {
        this.flushes.push(messages);
        this.onFlushed();
      },
    });
  }

  toAll(text: string, audience: ReadonlySet<Session>): void {
    this.fanout.sendToAll(new Frame(text), audience);
  }

  toOne(text: string, session: Session): void {
    this.fanout.sendToOne(new Frame(text), session);
  }

  join(session: Session, audience: Set<Session>): void {
    this.fanout.settle(session);
    audience.add(session);
  }

  leave(session: Session, audience: Set<Session>): void {
    this.fanout.settle(session);
    audience.delete(session);
  }

  endTurn(): void {
    this.loop.endTurn();
    this.loop.advance(50);
  }

  /** What was written to a session, write by write. */
  heard(session: Session): string[] {
    return this.writes.filter((write) => write.session === session).map(({ texts }) => texts.join(' '));
  }

  /** What sockets still hold is what they were written. */
  checkHeld(): void {
    for (const { bytes, texts, session } of this.#held) expect(textsOf(bytes), session.id).to.deep.equal(texts);
  }

  /** A socket has taken whatever it held. */
  drain(session: Session): void {
    this.checkHeld();
    this.#held = this.#held.filter((write) => write.session !== session);
    this.busy.delete(session);
  }

  #write(session: Session, parcel: Parcel): boolean {
    const { bytes } = parcel;
    const texts = textsOf(bytes);
    expect(texts, 'an empty write').not.to.be.empty;
    // What polling clients are given.
    expect(parcel.frames.map(({ text }) => text)).to.deep.equal(texts);
    this.writes.push({ session, bytes, texts });
    this.onWrite(session);
    if (!this.busy.has(session)) return true;
    this.#held.push({ session, bytes, texts });
    return false;
  }
}

describe('FanOut', () => {
  it('writes to each client once a turn, at its end, in the order of the calls', () => {
    const bench = new FanOutBench();
    const [ana, bo] = bench.everyone as [Session, Session];
    const room = new Set(bench.everyone);
    const other = new Set(bench.everyone.slice(1));
    for (const i of [1, 2]) {
      bench.toAll(`room${i}`, room);
      bench.toOne(`ana${i}`, ana);
      bench.toAll(`other${i}`, other);
      bench.toAll(`few${i}`, new Set([ana, bo]));
    }
    expect(bench.writes).to.be.empty;
    bench.endTurn();
    expect(bench.heard(ana)).to.deep.equal(['room1 ana1 few1 room2 ana2 few2']);
    expect(bench.heard(bo)).to.deep.equal(['room1 other1 few1 room2 other2 few2']);
    expect(bench.heard(bench.everyone[2]!)).to.deep.equal(['room1 other1 room2 other2']);
    expect(bench.writes).to.have.length(bench.everyone.length);
  });

  it('gives the same bytes to all who get the same', () => {
    const bench = new FanOutBench();
    for (const i of [1, 2, 3]) bench.toAll(String(i), new Set(bench.everyone));
    bench.toOne('own', bench.everyone[0]!);
    bench.endTurn();
    const shared = bench.writes.filter(({ texts }) => !texts.includes('own'));
    expect(shared).to.have.length(bench.everyone.length - 1);
    for (const { bytes } of shared) expect(bytes).to.equal(shared[0]!.bytes);
  });

  it('uses one piece of memory again and again for what sockets take at once, and for nothing else', () => {
    const bench = new FanOutBench();
    const [ana, bo, cy] = bench.everyone as [Session, Session, Session];
    bench.busy.add(bo);
    for (const turn of ['1', '2']) {
      for (const session of [ana, bo, cy]) bench.toOne(`${session.id} ${turn}`, session);
      bench.endTurn();
    }
    const memoryOf = (session: Session) => bench.writes.filter((w) => w.session === session).map((w) => w.bytes.buffer);
    const taken = new Set([...memoryOf(ana), ...memoryOf(cy)]);
    expect(taken.size).to.equal(1);
    for (const memory of memoryOf(bo)) expect(taken.has(memory)).to.equal(false);
    bench.checkHeld();
  });

  it('does not write over what a socket still holds, though it seemed to have time', () => {
    const bench = new FanOutBench();
    const [ana, bo] = bench.everyone as [Session, Session];
    // It was idle, and takes only a part of what it is written.
    bench.onWrite = (session) => session === ana && bench.busy.add(ana);
    bench.toOne('for ana', ana);
    bench.toOne('for bo', bo);
    bench.endTurn();
    bench.toOne('for bo again', bo);
    bench.endTurn();
    bench.checkHeld();
  });

  it('does not write over what is being written, where a write leads to another', () => {
    const bench = new FanOutBench();
    const [ana, bo] = bench.everyone as [Session, Session];
    bench.onWrite = (session) => {
      if (session !== ana) return;
      bench.toOne('meanwhile', bo);
      bench.fanout.flushOne(bo);
      expect(textsOf(bench.writes[1]!.bytes)).to.deep.equal(['for ana']);
    };
    bench.toOne('before', bo);
    bench.endTurn();
    bench.toOne('for ana', ana);
    bench.endTurn();
    expect(bench.heard(bo)).to.deep.equal(['before', 'meanwhile']);
  });

  it('begins anew in the next turn, and writes nothing where nothing was sent', () => {
    const bench = new FanOutBench();
    const room = new Set(bench.everyone);
    for (const text of ['1', '2']) {
      bench.toAll(text, room);
      bench.endTurn();
    }
    bench.endTurn();
    for (const session of room) expect(bench.heard(session)).to.deep.equal(['1', '2']);
  });

  it('tells how many messages were written together, whether many got them, few or one', () => {
    const bench = new FanOutBench();
    bench.toAll('many', new Set(bench.everyone));
    bench.toAll('few', new Set(bench.everyone.slice(0, FEW)));
    bench.toOne('one', bench.everyone[0]!);
    bench.endTurn();
    bench.toAll('few', new Set(bench.everyone.slice(0, FEW)));
    bench.endTurn();
    expect(bench.flushes).to.deep.equal([3, 1]);
  });

  it('never makes a message wait for the one before, be its audience large or small', () => {
    for (const size of [1, FEW, 10]) {
      const bench = new FanOutBench();
      bench.onWrite = () => {
        bench.loop.time += 10;
      };
      for (const text of ['1', '2', '3']) {
        bench.toAll(text, new Set(bench.everyone.slice(0, size)));
        bench.loop.endTurn();
        expect(bench.heard(bench.everyone[0]!).at(-1), `${size} receivers`).to.equal(text);
      }
    }
  });

  it('writes to all at once what would be too much to hold', () => {
    const bench = new FanOutBench();
    const room = new Set(bench.everyone);
    const word = 'x'.repeat(MOST_BYTES / 4);
    for (let i = 0; i < 3; i += 1) bench.toAll(`${i}${word}`, room);
    bench.toOne('own', bench.everyone[0]!);
    expect(bench.writes).to.be.empty;
    bench.toAll(`3${word}`, room);
    expect(bench.writes).to.have.length(bench.everyone.length);
    bench.toAll('4', room);
    bench.endTurn();
    expect(bench.heard(bench.everyone[0]!).at(-1)).to.equal('4');
    expect(bench.writes).to.have.length(2 * bench.everyone.length);
  });

  it('writes to one at once what is too much of its own, with all that waits for it', () => {
    const bench = new FanOutBench();
    const [ana] = bench.everyone as [Session];
    bench.toAll('1', new Set(bench.everyone));
    bench.toOne('x'.repeat(MOST_OWN_BYTES), ana);
    expect(bench.writes.map(({ session }) => session)).to.deep.equal([ana]);
    bench.toAll('2', new Set(bench.everyone));
    bench.toOne('3', ana);
    bench.endTurn();
    expect(bench.heard(ana).map((text) => text.replaceAll('x', ''))).to.deep.equal(['1 ', '2 3']);
    expect(bench.heard(bench.everyone[1]!)).to.deep.equal(['1 2']);
  });

  it('writes what waits for one on demand, and leaves the others their turn', () => {
    const bench = new FanOutBench();
    const [ana, bo] = bench.everyone as [Session, Session];
    bench.toAll('1', new Set(bench.everyone));
    bench.fanout.flushOne(ana);
    bench.fanout.flushOne(ana);
    expect(bench.heard(ana)).to.deep.equal(['1']);
    expect(bench.heard(bo)).to.be.empty;
    bench.endTurn();
    expect(bench.heard(ana)).to.deep.equal(['1']);
    expect(bench.heard(bo)).to.deep.equal(['1']);
  });

  it('keeps what is sent in the midst of writing for the next turn', () => {
    const bench = new FanOutBench();
    const [ana, bo] = bench.everyone as [Session, Session];
    bench.onWrite = (session) => {
      if (session === ana && bench.heard(ana).length === 1) bench.toOne('late', bo);
    };
    bench.toAll('1', new Set(bench.everyone));
    bench.endTurn();
    expect(bench.heard(bo)).to.deep.equal(['1']);
    bench.endTurn();
    expect(bench.heard(bo)).to.deep.equal(['1', 'late']);
  });

  it('lets a session leave while it, or another one, is written to', () => {
    const bench = new FanOutBench();
    const [ana] = bench.everyone as [Session];
    const last = bench.everyone.at(-1)!;
    const room = new Set(bench.everyone);
    bench.onWrite = (session) => {
      if (session === ana) for (const leaver of [ana, last]) bench.leave(leaver, room);
    };
    bench.toAll('1', room);
    bench.toAll('2', room);
    bench.endTurn();
    bench.toAll('3', room);
    bench.endTurn();
    for (const leaver of [ana, last]) expect(bench.heard(leaver)).to.deep.equal(['1 2']);
    expect(bench.heard(bench.everyone[1]!)).to.deep.equal(['1 2', '3']);
  });

  // --- against a naive model ---

  type Step =
    | { do: 'all'; audience: number; size: number }
    | { do: 'one'; session: number; size: number }
    | { do: 'join' | 'leave'; session: number; audience: number }
    | { do: 'flush' }
    | { do: 'flushOne' | 'trouble' | 'busy' | 'idle'; session: number };

  const SESSIONS = 10;
  const AUDIENCES = 5;
  const session = fc.nat(SESSIONS - 1);
  const audience = fc.nat(AUDIENCES - 1);
  const size = fc.oneof(
    { weight: 20, arbitrary: fc.nat(200) },
    { weight: 3, arbitrary: fc.integer({ min: 3000, max: 2 * MOST_OWN_BYTES }) },
    { weight: 2, arbitrary: fc.integer({ min: 90_000, max: MOST_BYTES + 1000 }) },
  );
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 12, arbitrary: fc.record({ do: fc.constant('all'), audience, size }) },
    { weight: 6, arbitrary: fc.record({ do: fc.constant('one'), session, size }) },
    { weight: 6, arbitrary: fc.record({ do: fc.constantFrom('join', 'leave'), session, audience }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('flush') }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('flushOne', 'trouble', 'busy', 'idle'), session }) },
  );
  const members = fc.subarray(Array.from({ length: SESSIONS }, (_, i) => i));
  const start = fc.array(members, { minLength: AUDIENCES, maxLength: AUDIENCES });

  /** What must have been met at least once, or the model has shown nothing. */
  const met = { sharing: 0, capped: 0, cappedOwn: 0, few: 0 };

  /** Sends for real, and beside it the plain way: whatever is sent is put on each receiver's list at once. */
  class Play {
    readonly #bench = new FanOutBench(SESSIONS);
    readonly #audiences: Set<Session>[];
    readonly #lists = new Map<Session, { text: string; own: boolean }[]>();
    /** How many of its list each session has been written. */
    readonly #written = new Map<Session, number>();
    /** These leave everywhere, and are closed, when they are written to. */
    readonly #troubled = new Set<Session>();
    // Since the last flush: sessions for which anything happened beside their audiences, and audiences that were sent to.
    #strays = new Set<Session>();
    #sent = new Set<Set<Session>>();
    #count = 0;

    constructor(start: number[][]) {
      const { everyone } = this.#bench;
      this.#audiences = start.map((indices) => new Set(indices.map((i) => everyone[i]!)));
      for (const session of everyone) {
        this.#lists.set(session, []);
        this.#written.set(session, 0);
      }
      this.#bench.onWrite = (session) => this.#checkWrite(session);
      this.#bench.onFlushed = () => this.#checkSharing();
    }

    take(step: Step): void {
      const { busy, everyone, writes } = this.#bench;
      const before = writes.length;
      const session = everyone['session' in step ? step.session : 0]!;
      if (step.do === 'all') this.#sendToAll(this.#audiences[step.audience]!, step.size);
      if (step.do === 'one') this.#sendToOne(session, step.size);
      if (step.do === 'flush') this.flush();
      if (step.do === 'flushOne') this.#flushOne(session);
      if (step.do === 'trouble') this.#troubled.add(session);
      if (step.do === 'busy') busy.add(session);
      if (step.do === 'idle') this.#bench.drain(session);
      if (step.do === 'join' || step.do === 'leave') this.#move(step.do, session, this.#audiences[step.audience]!);
      const wrote = writes.length - before;
      if (step.do === 'all' && wrote > FEW) met.capped += 1;
      if (step.do === 'one' && wrote > 0) met.cappedOwn += 1;
      this.#checkHeld();
    }

    /** Whatever sockets held until now has stayed as it was written. */
    end(): void {
      this.flush();
      this.#bench.checkHeld();
    }

    /** Ends the turn: everybody has everything, by one write at most. */
    flush(): void {
      const { writes, everyone } = this.#bench;
      const before = writes.length;
      const waiting = everyone.filter((session) => this.#waitingFor(session).length > 0);
      this.#bench.endTurn();
      expect(writes.slice(before).map((write) => write.session)).to.have.members(waiting);
      for (const session of everyone) expect(this.#waitingFor(session)).to.be.empty;
    }

    #waitingFor(session: Session): { text: string; own: boolean }[] {
      return this.#lists.get(session)!.slice(this.#written.get(session));
    }

    #sendToAll(audience: Set<Session>, size: number): void {
      const text = this.#text(size);
      const own = audience.size <= FEW;
      for (const session of audience) this.#note(session, text, own);
      if (own) met.few += audience.size;
      else this.#sent.add(audience);
      this.#bench.toAll(text, audience);
    }

    #sendToOne(session: Session, size: number): void {
      const text = this.#text(size);
      this.#note(session, text, true);
      this.#bench.toOne(text, session);
    }

    #note(session: Session, text: string, own: boolean): void {
      this.#lists.get(session)!.push({ text, own });
      if (own) this.#strays.add(session);
    }

    #move(how: 'join' | 'leave', session: Session, audience: Set<Session>): void {
      this.#strays.add(session);
      this.#bench[how](session, audience);
    }

    #flushOne(session: Session): void {
      this.#strays.add(session);
      this.#bench.fanout.flushOne(session);
      expect(this.#waitingFor(session)).to.be.empty;
    }

    #checkWrite(session: Session): void {
      const { texts } = this.#bench.writes.at(-1)!;
      const next = this.#waitingFor(session);
      expect(texts, session.id).to.deep.equal(next.slice(0, texts.length).map(({ text }) => text));
      this.#written.set(session, this.#written.get(session)! + texts.length);
      if (!this.#troubled.delete(session)) return;
      for (const audience of this.#audiences) this.#move('leave', session, audience);
      this.#flushOne(session);
    }

    /** Those who heard the same audiences, and nothing beside, have been written the very same bytes. */
    #checkSharing(): void {
      const groups = new Map<string, Buffer>();
      for (const session of this.#bench.everyone) {
        const heard = this.#audiences.filter((audience) => this.#sent.has(audience) && audience.has(session));
        if (heard.length === 0 || this.#strays.has(session)) continue;
        const key = heard.map((audience) => this.#audiences.indexOf(audience)).join();
        const { bytes } = this.#bench.writes.findLast((write) => write.session === session)!;
        const shared = groups.get(key);
        if (shared) met.sharing += 1;
        if (shared) expect(bytes, key).to.equal(shared);
        groups.set(key, bytes);
      }
      this.#strays = new Set();
      this.#sent = new Set();
    }

    /** What has not been written is never more than the limits. */
    #checkHeld(): void {
      const shared = new Set<string>();
      for (const session of this.#bench.everyone) {
        let bytes = 0;
        for (const { text, own } of this.#waitingFor(session)) {
          if (own) bytes += text.length;
          else shared.add(text);
        }
        expect(bytes, `held for ${session.id}`).to.be.below(MOST_OWN_BYTES);
      }
      const bytes = [...shared].reduce((sum, { length }) => sum + length, 0);
      expect(bytes, 'held for audiences').to.be.below(MOST_BYTES);
    }

    #text(size: number): string {
      this.#count += 1;
      return `${this.#count}.`.padEnd(size, '-');
    }
  }

  it('gives each session what a list of its own would hold, in any play', () => {
    const property = fc.property(start, fc.array(step, { maxLength: 60, size: 'max' }), (audiences, steps) => {
      const play = new Play(audiences);
      for (const next of steps) play.take(next);
      play.end();
    });
    fc.assert(property, { seed: SEED, numRuns: 300 });
    for (const [what, times] of Object.entries(met)) expect(times, what).to.be.greaterThan(10);
  }).timeout(20_000);
});
