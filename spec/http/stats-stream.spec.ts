import { once } from 'node:events';
import type { PassThrough } from 'node:stream';
import { expect } from 'chai';
import { statsBody } from '../../src/http/stats-body.ts';
import { StatsStream } from '../../src/http/stats-stream.ts';
import { HandClock } from '../support/hand-clock.ts';
import { figuresOf, HttpBench, statsOf, until } from '../support/http-bench.ts';
import { expectRefusal, refusalOf } from '../support/refusals.ts';

describe('StatsStream', () => {
  let clock: HandClock;
  let snapshots: number;
  let stream: StatsStream;

  beforeEach(() => {
    clock = new HandClock();
    snapshots = 0;
    stream = new StatsStream(clock, () => {
      snapshots += 1;
      return statsOf(figuresOf(snapshots));
    });
  });

  /** What waits for a reader: the count of messages in each event. */
  function read(reader: PassThrough): number[] {
    const text = String(reader.read() ?? '');
    return [...text.matchAll(/^data: (.*)\n\n/gm)].map(
      ([, json]) => (JSON.parse(json!) as { messages_sent: number }).messages_sent,
    );
  }

  const waiting = (reader: PassThrough) => reader.readableLength + reader.writableLength;

  it('writes the first event at once', () => {
    expect(read(stream.open())).to.deep.equal([1]);
  });

  it('writes an event as one line of data and a blank line', () => {
    const text = String(stream.open().read());
    expect(text).to.match(/^data: \{"success":true,[^\n]*\}\n\n$/);
  });

  it('writes one each second, and none before', () => {
    const reader = stream.open();
    read(reader);
    clock.advance(999);
    expect(read(reader)).to.deep.equal([]);
    clock.advance(1);
    expect(read(reader)).to.deep.equal([2]);
    clock.advance(3000);
    expect(read(reader)).to.deep.equal([3, 4, 5]);
  });

  it('looks once a second for all readers, with one timer', () => {
    const readers = [stream.open(), stream.open(), stream.open()];
    for (const reader of readers) read(reader);
    clock.advance(1000);
    expect(readers.map(read)).to.deep.equal([[4], [4], [4]]);
    expect(clock.pending).to.equal(1);
  });

  it('takes a later reader into the rhythm of the others', () => {
    const first = stream.open();
    clock.advance(700);
    const second = stream.open();
    clock.advance(300);
    expect([read(first), read(second)]).to.deep.equal([
      [1, 3],
      [2, 3],
    ]);
  });

  it('stops looking when the last reader has left, and starts again with the next', async () => {
    const readers = [stream.open(), stream.open()];
    for (const reader of readers) {
      expect(clock.pending).to.equal(1);
      reader.destroy();
      await once(reader, 'close');
    }
    expect(clock.pending).to.equal(0);
    clock.advance(10_000);
    expect(snapshots).to.equal(2);
    const reader = stream.open();
    clock.advance(1000);
    expect(read(reader)).to.deep.equal([3, 4]);
  });

  it('skips a reader that does not read: what waits for it is bounded, and others miss nothing', () => {
    const slow = stream.open();
    const quick = stream.open();
    let seen = read(quick).length;
    for (let second = 0; second < 1000; second += 1) {
      clock.advance(1000);
      seen += read(quick).length;
    }
    expect(seen).to.equal(1001);
    const full = waiting(slow);
    expect(full).to.be.within(1, 4 * slow.writableHighWaterMark);
    clock.advance(100_000);
    expect(waiting(slow)).to.equal(full);
  });

  it('goes on with the newest event when a slow reader reads again', async () => {
    const slow = stream.open();
    clock.advance(1_000_000);
    const drained = once(slow, 'drain');
    while (waiting(slow) > 0) {
      read(slow);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await drained;
    clock.advance(1000);
    expect(read(slow)).to.deep.equal([1002]);
  });

  it('refuses the 1001st reader until one leaves', async () => {
    const readers = Array.from({ length: 1000 }, () => stream.open());
    const refusal = refusalOf(() => stream.open());
    expectRefusal(refusal, 'over_capacity');
    expect(refusal.retryAfter).to.equal(5);
    readers[500]!.destroy();
    await once(readers[500]!, 'close');
    expect(read(stream.open())).to.have.lengthOf(1);
  });

  describe('once closed', () => {
    it('ends its readers after what they have not read yet', async () => {
      const reader = stream.open();
      clock.advance(1000);
      stream.close();
      expect(read(reader)).to.deep.equal([1, 2]);
      reader.resume();
      await once(reader, 'end');
    });

    it('looks no more, also while a reader takes its time', () => {
      stream.open();
      stream.close();
      clock.advance(10_000);
      expect(snapshots).to.equal(1);
      expect(clock.pending).to.equal(0);
    });

    it('takes no new readers', () => {
      stream.close();
      expect(refusalOf(() => stream.open()).status).to.equal(503);
    });

    it('may be closed again', () => {
      stream.open();
      stream.close();
      stream.close();
    });
  });
});

describe('GET /ws/stats as a stream of events', () => {
  let bench: HttpBench;

  beforeEach(async () => {
    bench = await HttpBench.start();
  });
  afterEach(() => bench.close());

  it('is of the type that a browser wants, and no proxy keeps it back', async () => {
    const { response } = await bench.watch();
    expect(response.statusCode).to.equal(200);
    expect(response.headers).to.include({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      'access-control-allow-origin': '*',
    });
  });

  it('brings the JSON of the plain answer at once, then each second', async () => {
    const events = await bench.watch();
    expect(await events.json()).to.deep.equal(statsBody(statsOf(figuresOf(1))));
    for (const messages of [2, 3, 4]) {
      bench.clock.advance(1000);
      expect((await events.json())['messages_sent']).to.equal(messages);
    }
  });

  it('brings nothing between the seconds', async () => {
    const events = await bench.watch();
    await events.next();
    bench.clock.advance(999);
    bench.app.close();
    expect(await events.ended).to.equal('');
  });

  it('serves several at once, and one that leaves is no error', async () => {
    const [first, second] = [await bench.watch(), await bench.watch()];
    await first.next();
    await second.next();
    first.leave();
    second.leave();
    await until(() => bench.clock.pending === 0);
    expect(bench.lines).to.deep.equal([]);
  });

  it('keeps no reader for a HEAD', async () => {
    const answer = await bench.get('/ws/stats', { method: 'HEAD', headers: { accept: 'text/event-stream' } });
    expect([answer.status, answer.body]).to.deep.equal([200, '']);
    await until(() => bench.clock.pending === 0);
  });

  it('ends when the server closes, and is then refused as JSON', async () => {
    const events = await bench.watch();
    await events.next();
    bench.app.close();
    expect(await events.ended).to.equal('');
    const { response } = await bench.watch();
    expect(response.statusCode).to.equal(503);
    expect(response.headers).to.include({ 'content-type': 'application/json; charset=utf-8', 'retry-after': '1' });
  });
});
