import { expect } from 'chai';
import type { Node, Nodes, Question } from '../../src/hub/nodes.ts';
import { type Snapshot, Stats } from '../../src/hub/stats.ts';

/** Where nodes meet. */
export interface NodesBench {
  join(): Promise<Nodes>;
  /** It is stopped, or cut off: it neither does nor hears anything. */
  pause(nodes: Nodes): void;
  /** It goes on. */
  resume(nodes: Nodes): void;
  /** Waits until something is so, while time goes by. */
  until(condition: () => boolean): Promise<void>;
  /** Time goes by, for longer than all are waited for together. */
  pass(): Promise<void>;
  close(): Promise<void>;
}

/** What every way must do by which nodes meet. */
export function nodesContract(name: string, open: () => Promise<NodesBench>): void {
  describe(`${name} (contract of nodes)`, () => {
    let bench: NodesBench;
    beforeEach(async () => {
      bench = await open();
    });
    afterEach(() => bench.close());

    /** A node that has started. */
    async function start(known: string[] = []): Promise<Peer> {
      const peer = new Peer(await bench.join());
      await peer.nodes.start(peer, new Set(known));
      return peer;
    }

    async function startSeveral(count: number): Promise<Peer[]> {
      const peers: Peer[] = [];
      for (let i = 0; i < count; i += 1) peers.push(await start());
      await bench.until(() => peers.every(({ nodes }) => nodes.others.size === count - 1));
      return peers;
    }

    it('gives each node a name of its own', async () => {
      const names = await Promise.all(Array.from({ length: 20 }, () => bench.join().then((nodes) => nodes.name)));
      expect(new Set(names).size).to.equal(20);
    });

    it('leaves one that is alone alone', async () => {
      const one = await start();
      expect(one.nodes.others.size).to.equal(0);
      expect(await one.nodes.ask({ about: 'users', ids: [] })).to.deep.equal([]);
    });

    it('tells each of all others, and what they have counted', async () => {
      const peers = await startSeveral(3);
      for (const [i, peer] of peers.entries()) peer.connected(i + 1);
      const sums = () => peers.map(({ others }) => others.reduce((sum, figures) => sum + figures.total_connections, 0));
      await bench.until(() => sums().join() === '5,4,3');
      for (const peer of peers) expect(peer.nodes.others.has(peer.nodes.name)).to.equal(false);
      const [one, two] = peers as [Peer, Peer, Peer];
      expect(one.nodes.others.get(two.nodes.name)).to.deep.equal(two.report());
    });

    it('brings a question to all others, and their answers back', async () => {
      const peers = await startSeveral(3);
      const question: Question = { about: 'dismissal', userId: 'ana', reason: 'Basta ya' };
      const names = peers.slice(1).map(({ nodes }) => nodes.name);
      expect(await peers[0]!.nodes.ask(question)).to.have.deep.members(names);
      expect(peers.map(({ asked }) => asked)).to.deep.equal([[], [question], [question]]);
    });

    it('brings several questions at once, and each its own answers', async () => {
      const [one, two] = (await startSeveral(2)) as [Peer, Peer];
      two.answer = async (question) => (question.about === 'users' ? question.ids : []);
      const ids = Array.from({ length: 30 }, (_, i) => `user-${i}`);
      const answers = await Promise.all(ids.map((id) => one.nodes.ask({ about: 'users', ids: [id] })));
      expect(answers).to.deep.equal(ids.map((id) => [[id]]));
    });

    it('asks also a node that has just started', async () => {
      const [one] = (await startSeveral(2)) as [Peer, Peer];
      await start();
      expect(await one.nodes.ask({ about: 'users', ids: [] })).to.have.length(2);
    });

    it('waits for the answer of one that does nothing for a while only', async () => {
      const [one, two, three] = (await startSeveral(3)) as [Peer, Peer, Peer];
      bench.pause(two.nodes);
      let answers: unknown[] | undefined;
      void one.nodes.ask({ about: 'users', ids: [] }).then((all) => {
        answers = all;
      });
      await bench.until(() => answers !== undefined);
      expect(answers).to.deep.equal([three.nodes.name]);
    });

    it('has one alone see those out whose node has ended, once that is done', async () => {
      const [one, two, three] = (await startSeveral(3)) as [Peer, Peer, Peer];
      bench.pause(two.nodes);
      await bench.until(() => [one, three].every(({ nodes }) => nodes.others.size === 1));
      expect([one, three].map(({ buried }) => buried.length)).to.deep.equal([0, 0]);
      await bench.until(() => one.buried.length + three.buried.length > 0);
      const names = [one, three].map(({ nodes }) => nodes.name).sort();
      const [first, last] = names[0] === one.nodes.name ? [one, three] : [three, one];
      expect([first.buried, last.buried]).to.deep.equal([[two.nodes.name], []]);
      await beats(first, 4);
      expect([first.buried, last.buried]).to.deep.equal([[two.nodes.name], []]);
    });

    it('has it done again until it is done', async () => {
      const [one, two] = (await startSeveral(2)) as [Peer, Peer];
      one.done = false;
      bench.pause(two.nodes);
      await bench.until(() => one.buried.length > 2);
      one.done = true;
      const { length } = one.buried;
      await bench.until(() => one.buried.length > length);
      await beats(one, 4);
      expect(one.buried).to.have.length(length + 1);
    });

    it('has another one do it where the first one ends meanwhile', async () => {
      const peers = await startSeveral(3);
      const [first, second, victim] = peers.sort((a, b) => (a.nodes.name < b.nodes.name ? -1 : 1)) as [
        Peer,
        Peer,
        Peer,
      ];
      first.bury = (name) => {
        first.buried.push(name);
        return new Promise(() => {});
      };
      bench.pause(victim.nodes);
      await bench.until(() => first.buried.length > 0);
      bench.pause(first.nodes);
      await bench.until(() => second.buried.length > 1);
      expect(second.buried).to.have.members([victim.nodes.name, first.nodes.name]);
    });

    it('knows of one at once that takes leave, and has its people seen out all the same', async () => {
      const [one, two] = (await startSeveral(2)) as [Peer, Peer];
      await two.nodes.stop();
      await beats(one, 2);
      expect([one.nodes.others.size, one.buried.length]).to.deep.equal([0, 0]);
      await bench.until(() => one.buried.length > 0);
      expect(one.buried).to.deep.equal([two.nodes.name]);
    });

    it('knows one again that was taken for dead', async () => {
      const [one, two] = (await startSeveral(2)) as [Peer, Peer];
      bench.pause(two.nodes);
      await bench.until(() => one.buried.length > 0);
      bench.resume(two.nodes);
      await bench.until(() => one.nodes.others.has(two.nodes.name));
      await beats(one, 4);
      expect([one.buried, two.buried]).to.deep.equal([[two.nodes.name], []]);
    });

    it('gives those the time to come back who were connected when all nodes ended', async () => {
      const peers = await startSeveral(2);
      for (const { nodes } of peers) bench.pause(nodes);
      await bench.pass();
      const next = await start();
      await beats(next, 1);
      expect(next.buried).to.deep.equal([]);
      await bench.until(() => next.buried.length === 2);
      expect(next.buried).to.have.members(peers.map(({ nodes }) => nodes.name));
    });

    it('sees those out as well whose node nobody has heard of', async () => {
      const one = await start(['nobody']);
      expect(one.buried).to.deep.equal([]);
      await bench.until(() => one.buried.length > 0);
      expect(one.buried).to.deep.equal(['nobody']);
    });

    /** So many times a node has said that it lives, and heard of the others. */
    async function beats(peer: Peer, count: number): Promise<void> {
      const { reports } = peer;
      await bench.until(() => peer.reports > reports + count);
    }
  });
}

/** A hub, as the nodes see it. */
class Peer implements Node {
  readonly nodes: Nodes;
  readonly buried: string[] = [];
  readonly asked: Question[] = [];
  reports = 0;
  /** Whether nobody is left of those that are to be seen out. */
  done = true;
  readonly #stats = new Stats(() => 0);

  constructor(nodes: Nodes) {
    this.nodes = nodes;
  }

  get others(): Snapshot[] {
    return [...this.nodes.others.values()];
  }

  connected(count: number): void {
    for (let i = 0; i < count; i += 1) this.#stats.connected('ws');
  }

  report(): Snapshot {
    this.reports += 1;
    const lag = { measured: 0, level: 0, largest: 0, reading: 0 };
    return this.#stats.snapshot({ activeUsers: 0, rooms: 0, lag });
  }

  async bury(name: string): Promise<boolean> {
    this.buried.push(name);
    return this.done;
  }

  async answer(question: Question): Promise<unknown> {
    this.asked.push(question);
    return this.nodes.name;
  }
}
