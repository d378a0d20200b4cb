import { rmSync } from 'node:fs';
import { expect } from 'chai';
import { openDatabase, readNumber } from '../../../src/log/store/database.ts';
import { type Database, type Driver, loadDriver } from '../../../src/log/store/driver.ts';
import type { Known } from '../../../src/log/store/sequence.ts';
import { type Change, type Publication, Store } from '../../../src/log/store/store.ts';
import { newFolder, removeFolders } from '../../support/folder.ts';

const OPTIONS = { messages: 100, age: 60_000, bytes: 16 * 1024 ** 2 };
const NOW = 1_699_363_200_000;
const SECOND = NOW / 1000;
const KIB = 1024;

describe('Store', () => {
  let driver: Driver;
  let folder: string;
  let database: Database | undefined;
  let store: Store;

  before(async () => {
    driver = await loadDriver();
  });

  beforeEach(() => {
    folder = newFolder();
  });

  afterEach(close);
  after(removeFolders);

  const create = (options: Partial<typeof OPTIONS> = {}) => {
    database = openDatabase({ driver, folder, durability: 'normal' });
    store = new Store(database, { ...OPTIONS, ...options });
  };

  const open = ({ now = NOW, known, ...options }: Partial<typeof OPTIONS> & { now?: number; known?: Known } = {}) => {
    create(options);
    return store.open(now, known);
  };

  function close(): void {
    if (database) store.close();
    database = undefined;
  }

  const wipe = () => {
    close();
    rmSync(folder, { recursive: true });
  };

  const publish = (changes: Change[], now = NOW) => {
    const places = store.commit(changes, now);
    return changes.map((_, i) => ({ n: places[i * 4]!, timestamp: places[i * 4 + 1]!, k: places[i * 4 + 2]! }));
  };

  const count = (table: string): number =>
    database!.prepare<{ count: number }>(`SELECT count(*) AS count FROM ${table}`).get()!.count;

  const bodies = (room: string, after = 0) =>
    store.read({ rooms: new Map([[room, 0]]), after, upTo: 2 ** 50, limit: 10_000 })?.map(([, , , body]) => body);

  const trimAll = (now: number) => {
    let steps = 1;
    while (store.trim(now)) steps += 1;
    return steps;
  };

  describe('a fresh one', () => {
    it('begins anywhere below a million', () => {
      const starts: number[] = [];
      for (let i = 0; i < 3; i++) {
        starts.push(open().n);
        wipe();
      }
      expect(new Set(starts).size).to.be.greaterThan(1);
      expect(Math.max(...starts)).to.be.below(1_000_001);
    });

    it('knows the ids beside the place where it begins', () => {
      const { n } = open();
      for (const place of [n - 1, n]) {
        expect(store.check({ n: place, timestamp: SECOND, k: 1 })).to.equal('known');
      }
      expect(store.check({ n: n - 2, timestamp: SECOND, k: 1 })).to.equal('unknown');
    });

    it('does not know the ids of the one before it', () => {
      open();
      const given = publish(Array.from({ length: 50 }, () => chat('a')));
      wipe();
      const { n } = open({ now: NOW + 1000 });
      publish(
        Array.from({ length: 2000 }, () => chat('a')),
        NOW + 2000,
      );
      for (const { n, timestamp } of given) {
        expect(store.check({ n, timestamp })).to.equal('unknown');
        expect(store.check({ n, timestamp, k: 1 })).to.equal('unknown');
      }
      expect(store.check({ n, timestamp: SECOND })).to.equal('unknown');
    });

    it('goes on above what a living server has given', () => {
      const known = { n: 5_000_000, t: SECOND + 100 };
      const { n, t } = open({ known });
      expect(n).to.be.greaterThan(known.n);
      expect(t).to.equal(known.t);
      expect(store.check({ n: known.n - 1, timestamp: SECOND })).to.equal('unknown');
      // What was there is gone.
      expect(bodies('a', known.n - 1)).to.equal(undefined);
    });
  });

  describe('open', () => {
    it('begins at a place of its own', () => {
      const { n } = open();
      close();
      expect(open().n).to.equal(n + 1);
    });

    it('says what was kept above the place that the caller knows of', () => {
      const known = open();
      publish([
        chat('a', '1', ['a', 'b']),
        state('a', 'x', '2'),
        ['presence', ['a'], '', '', 0, '', ''],
        chat('b', '4'),
      ]);
      close();
      const { n, missed } = open({ known });
      expect(missed).to.deep.equal([
        [known.n + 1, SECOND, ['a', 'b'], '1'],
        [known.n + 2, SECOND, ['a'], '2'],
        [known.n + 4, SECOND, ['b'], '4'],
      ]);
      expect(n).to.equal(known.n + 5);
    });

    it('keeps sessions of a server that lives on as open as they were', () => {
      const known = open();
      publish([['save', 's', true, '{"id":"s"}']]);
      close();
      open({ known });
      expect(store.openSessions()).to.deep.equal([]);
      close();
      open();
      expect(store.openSessions()).to.deep.equal([{ id: 's', open: true }]);
    });
  });

  describe('an error', () => {
    const big = () => Array.from({ length: 50 }, (_, i) => chat('a', `big ${i} ${'x'.repeat(10 * KIB)}`));
    const limit = (pages: number) => database!.exec(`PRAGMA max_page_count = ${pages}`);
    const fillUp = () => limit(readNumber(database!, 'page_count') + 20);

    it('takes back the whole commit, and nothing before it', () => {
      const { n } = open();
      publish([chat('a', 'before'), state('a', 'x', 'before')]);
      fillUp();
      const changes: Change[] = [
        chat('a', 'lost'),
        chat('new', 'lost'),
        state('a', 'x', 'lost'),
        ['save', 's', true, '{"id":"s"}'],
        ...big(),
      ];
      expect(() => store.commit(changes, NOW)).to.throw(/full/);
      expect(bodies('a')).to.equal(undefined);
      expect(bodies('a', n)).to.deep.equal(['before']);
      expect(store.states('a').map(([, , , body]) => body)).to.deep.equal(['before']);
      expect(store.session('s', NOW)).to.equal(undefined);
    });

    it('uses up no place', () => {
      const { n } = open();
      fillUp();
      expect(() => store.commit([chat('a'), ...big()], NOW + 5000)).to.throw(/full/);
      const [place] = publish([chat('a', 'after')]);
      expect(place).to.deep.equal({ n: n + 1, timestamp: SECOND, k: 0 });
      expect(bodies('a', n)).to.deep.equal(['after']);
    });

    it('lets a clientMsgId be sent again', () => {
      open();
      fillUp();
      expect(() => store.commit([chat('a', '1', ['a'], 'm1'), ...big()], NOW)).to.throw(/full/);
      expect(store.commit([chat('a', '1', ['a'], 'm1')], NOW)[3]).to.equal(0);
    });

    it('gives the suffix of no id again', () => {
      open();
      const [one] = publish([ephemeral()]);
      fillUp();
      expect(() => store.commit([chat('a'), ephemeral(), ...big()], NOW)).to.throw(/full/);
      const [two] = publish([ephemeral()]);
      expect(two!.n).to.equal(one!.n);
      expect(two!.k).to.be.greaterThan(one!.k);
    });

    it('shows in a probe, which leaves nothing behind', () => {
      open();
      const pages = readNumber(database!, 'page_count');
      limit(pages + 10);
      expect(() => store.probe()).to.throw(/full/);
      limit(1000);
      store.probe();
      store.probe();
      expect(count('probe')).to.equal(0);
      expect(readNumber(database!, 'page_count')).to.be.below(pages + 30);
    });
  });

  describe('retention', () => {
    it('keeps so many messages of a room, and a few more', () => {
      const { n } = open();
      for (let i = 0; i < 50; i++) {
        publish(Array.from({ length: 40 }, () => chat('a', 'x', ['a', 'b'])));
        store.trim(NOW, 40);
      }
      expect(count('log')).to.be.within(200, 252);
      expect(bodies('a', n + 1900)?.length).to.equal(100);
    });

    it('lets go in small steps', () => {
      open({ messages: 10_000 });
      publish(Array.from({ length: 3000 }, (_, i) => chat(`room${i % 3}`)));
      expect(trimAll(NOW + 60_000)).to.equal(1);
      expect(count('log')).to.equal(3000);
      expect(trimAll(NOW + 62_000)).to.be.within(11, 16);
      expect([count('log'), count('room')]).to.deep.equal([0, 0]);
    });

    it('removes more than is added', () => {
      open({ messages: 10 });
      for (let i = 0; i < 10; i++) {
        publish(Array.from({ length: 1000 }, () => chat('a')));
        store.trim(NOW, 1000);
      }
      expect(count('log')).to.be.below(1100);
    });

    it('remembers what is gone of a room of which nothing is left', () => {
      const { n } = open();
      publish([chat('a')]);
      trimAll(NOW + 62_000);
      publish([chat('a', 'new')], NOW + 62_000);
      expect(bodies('a', n)).to.equal(undefined);
      expect(bodies('a', n + 1)).to.deep.equal(['new']);
      expect(bodies('never', n)).to.equal(undefined);
      expect(bodies('never', n + 1)).to.deep.equal([]);
    });

    it('knows the same after it was opened again', () => {
      const { n } = open();
      publish([chat('a'), chat('b')]);
      trimAll(NOW + 62_000);
      publish([chat('a', 'new')], NOW + 62_000);
      close();
      open();
      expect(bodies('a', n + 1)).to.equal(undefined);
      expect(bodies('a', n + 2)).to.deep.equal(['new']);
    });

    it('forgets clientMsgIds and seconds after a day, though messages go earlier', () => {
      open();
      for (let i = 0; i < 10; i++) publish([chat('a', 'x', ['a'], `m${i}`)], NOW + i * 1000);
      trimAll(NOW + 86_300_000);
      expect([count('log'), count('idem'), count('tick')]).to.deep.equal([0, 10, 10]);
      trimAll(NOW + 86_500_000);
      expect([count('idem'), count('tick')]).to.deep.equal([0, 1]);
    });

    it('forgets sessions that nobody uses', () => {
      open();
      publish([
        ['save', 's', false, '{"id":"s"}'],
        ['save', 't', true, '{"id":"t"}'],
      ]);
      trimAll(NOW + 59_000);
      expect(count('session')).to.equal(2);
      trimAll(NOW + 61_000);
      expect(count('session')).to.equal(1);
    });

    it('keeps to its size: the oldest of all rooms goes', () => {
      const { n } = open({ bytes: 1024 * KIB, messages: 10_000 });
      for (let i = 0; i < 100; i++) {
        publish(
          Array.from({ length: 10 }, (_, j) => chat(`room${j}`, 'x'.repeat(4 * KIB), [`room${j}`], `m${i}.${j}`)),
        );
        trimAll(NOW);
      }
      const bytes = readNumber(database!, 'page_count') * readNumber(database!, 'page_size');
      expect(bytes).to.be.below(1.25 * 1024 * KIB);
      expect(count('log')).to.be.within(100, 250);
      expect(count('idem')).to.be.at.most(count('log') + 64);
      expect(bodies('room3', n)).to.equal(undefined);
      expect(bodies('room3', n + 900)).to.have.length(10);
    });

    it('keeps to its size whatever it is filled with', () => {
      open({ bytes: 1024 * KIB });
      for (let i = 0; i < 100; i++) {
        const record = JSON.stringify({ id: `s${i}`, rooms: 'x'.repeat(400) });
        publish([
          ...Array.from({ length: 20 }, (_, j): Change => ['save', `s${i}.${j}`, false, record]),
          ...Array.from({ length: 20 }, (_, j) => state(`room${j}`, `key${i}`, 'x'.repeat(400))),
          ...Array.from({ length: 60 }, (_, j) => ephemeral(`m${i}.${j}`)),
        ]);
        trimAll(NOW + 500 * i);
      }
      expect(count('state') * 400).to.be.below(300 * KIB);
      expect(count('session')).to.be.within(1, 1500);
      expect(count('idem')).to.be.within(1, 4096);
    });

    it('takes nothing more where that can’t be done fast enough', () => {
      open({ bytes: 512 * KIB });
      const changes = Array.from({ length: 100 }, () => chat('a', 'x'.repeat(10 * KIB)));
      expect(() => store.commit(changes, NOW)).to.throw(/full/);
      publish(changes.slice(0, 10));
    });
  });
});

function chat(room: string, body = '{}', rooms = [room], clientMsgId = ''): Publication {
  return ['durable', rooms, body, '', 0, 'ana', clientMsgId];
}

function state(room: string, key: string, body: string): Publication {
  return ['state', [room], body, key, 0, '', ''];
}

function ephemeral(clientMsgId = ''): Publication {
  return ['ephemeral', ['a'], '', '', 0, 'ana', clientMsgId];
}
