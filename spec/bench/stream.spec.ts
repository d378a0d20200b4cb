import { expect } from 'chai';
import type { Reading, State } from '../../bench/load/reading.ts';
import { LOOK, Stream } from '../../bench/load/stream.ts';
import { chat, frame, fresh, sum } from './frames.ts';

const LIST = frame(`{"type":"user_list","content":"","data":"${'x'.repeat(2 * LOOK)}"}`);
const HUGE = frame('x'.repeat(70_000));
const PING = frame('hi', 9);
const CLOSE = frame(Buffer.from([0x0f, 0xa8]), 8);

/** Reads pieces one after the other, each in a buffer that is overwritten after it, as the sockets' buffer is. */
function readAll(pieces: readonly Buffer[], before: State): { readings: Reading[]; after: State } {
  const stream = new Stream();
  let state = before;
  const readings = pieces.map((piece) => {
    const shared = Buffer.from(piece);
    const reading = stream.read(state, shared);
    shared.fill(0xff);
    state = reading.after;
    return reading;
  });
  return { readings, after: state };
}

describe('bench: Stream', () => {
  const messages = Buffer.concat([LIST, chat(0, 0, 7), chat(1, 0, 7), PING, chat(0, 1, 8), CLOSE]);

  it('counts what a read brings', () => {
    const { readings, after } = readAll([messages], fresh(2));
    expect(sum(readings)).to.deep.equal({
      frames: 6,
      others: 1,
      late: 0,
      duplicate: 0,
      stray: 0,
      fresh: [0, 0, 1, 0, 0, 1],
      instants: [7, 7, 8],
      controls: ['ping hi', 'close \u000f\ufffd'],
    });
    expect(after.sequences.missing([2, 1])).to.equal(0);
  });

  it('comes to the same wherever the stream is cut', () => {
    const whole = sum(readAll([messages], fresh(2)).readings);
    for (let cut = 1; cut < messages.length; cut++) {
      const { readings, after } = readAll([messages.subarray(0, cut), messages.subarray(cut)], fresh(2));
      expect(sum(readings), `cut at ${cut}`).to.deep.equal(whole);
      expect([after.skip, after.carry.length], `cut at ${cut}`).to.deep.equal([0, 0]);
    }
  });

  it('comes to the same byte by byte', () => {
    const pieces = Array.from(messages, (byte) => Buffer.from([byte]));
    expect(sum(readAll(pieces, fresh(2)).readings)).to.deep.equal(sum(readAll([messages], fresh(2)).readings));
  });

  it('skips what is long without keeping it', () => {
    const { readings, after } = readAll([HUGE.subarray(0, 1000), HUGE.subarray(1000), chat(0, 0)], fresh(1));
    expect(readings[0]?.after).to.include({ skip: HUGE.length - 1000 });
    expect(readings[0]?.after.carry.length).to.equal(0);
    expect(sum(readings)).to.include({ frames: 2, others: 1 });
    expect(after.sequences.missing([1])).to.equal(0);
  });

  it('finds a stamp that has moved', () => {
    const { readings } = readAll([chat(0, 0), chat(0, 1, 5, '{"from":"~ ~~T Ana","content":"'), chat(0, 2)], fresh(1));
    expect(sum(readings).stray, 'the first ~T is no stamp').to.equal(1);
    const moved = readAll([chat(0, 0), chat(0, 1, 5, '{"id":"7","content":"'), chat(0, 2)], fresh(1));
    expect(sum(moved.readings).fresh).to.deep.equal([0, 0, 0, 1, 0, 2]);
  });

  it('tells repetitions, gaps and what comes late', () => {
    const { readings, after } = readAll([chat(0, 0), chat(0, 0), chat(0, 3), chat(0, 1), chat(0, 1)], fresh(1));
    expect(sum(readings)).to.include({ duplicate: 2, late: 1 });
    expect(readings.map(({ flawless }) => flawless)).to.deep.equal([true, false, true, false, false]);
    expect(after.sequences.missing([4])).to.equal(1);
  });

  it('tells what the client should not have got', () => {
    expect(sum(readAll([chat(5, 0)], fresh(2)).readings)).to.include({ stray: 1, frames: 1 });
  });

  it('hands up the packets of Engine.IO and Socket.IO that want an answer, at that door', () => {
    const packets = ['0{"sid":"a"}', '40{"sid":"b"}', '2', '42["user_list",{}]', '42["error",{}]'];
    const bytes = Buffer.concat(packets.map((packet) => frame(packet)));
    expect(sum(readAll([bytes], fresh(1, 'socketio')).readings).controls).to.deep.equal([
      'packet 0{"sid":"a"}',
      'packet 40{"sid":"b"}',
      'packet 2',
      'error 42["error",{}]',
    ]);
    expect(sum(readAll([bytes], fresh(1, 'raw')).readings)).to.deep.include({ others: 5, controls: [] });
  });

  it('times receipts by their own stamps, which are no messages', () => {
    const ack = {
      type: 'ack',
      content: '',
      from: 'system',
      data: { clientMsgId: `~A${'0'.repeat(12)}00000000abcd`, id: '1' },
    };
    const strange = { ...ack, data: { clientMsgId: 'm-1' } };
    const frames = {
      raw: [chat(0, 0), frame(JSON.stringify(ack)), frame(JSON.stringify(strange))],
      socketio: [chat(0, 0), frame(`42["ack",${JSON.stringify(ack)}]`), frame(`42["ack",${JSON.stringify(strange)}]`)],
    };
    for (const door of ['raw', 'socketio'] as const) {
      const { readings } = readAll([Buffer.concat(frames[door])], fresh(1, door));
      expect(readings[0]?.receipts).to.deep.equal([0xabcd]);
      expect(sum(readings)).to.deep.include({ frames: 3, stray: 1, others: 0, fresh: [0, 0] });
    }
  });

  it('leaves the state before as it was', () => {
    const before = fresh(1);
    readAll([chat(0, 0), chat(0, 1)], before);
    expect(before.sequences.missing([2])).to.equal(2);
  });
});
