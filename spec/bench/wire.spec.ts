import { expect } from 'chai';
import { roomsOf } from '../../bench/load/membership.ts';
import { findStamp, instantAt, laneAt, MARKS, STAMP_LENGTH, sequenceAt, writeStamp } from '../../bench/load/stamp.ts';
import { Chat, connectPacket, upgradeRequest } from '../../bench/load/wire.ts';

describe('bench: what clients send', () => {
  const stamp = { lane: 0xfff, sequence: 123_456, instant: 2 ** 47 + 5 };

  it('is masked, and reads as it was meant', () => {
    for (const bytes of [0, 64, 1024, 60_000]) {
      const { type, content, room } = JSON.parse(unmasked(new Chat('raw', { bytes, room: 'r1' }).frame(stamp)));
      expect({ type, room, length: content.length }).to.deep.equal({
        type: 'chat',
        room: 'r1',
        length: Math.max(bytes, STAMP_LENGTH),
      });
    }
  });

  it('is an event at the other door', () => {
    const text = unmasked(new Chat('socketio', { bytes: 64 }).frame(stamp));
    expect(text.slice(0, 2)).to.equal('42');
    expect(JSON.parse(text.slice(2))[1]).to.have.keys('type', 'content');
  });

  it('carries its stamp', () => {
    const bytes = Buffer.from(unmasked(new Chat('raw', { bytes: 64 }).frame(stamp)));
    const at = findStamp(bytes, 0, bytes.length, 0);
    expect({ lane: laneAt(bytes, at), sequence: sequenceAt(bytes, at), instant: instantAt(bytes, at) }).to.deep.equal(
      stamp,
    );
  });

  it('asks for receipts by a stamp of its own, and only where it should', () => {
    for (const door of ['raw', 'socketio'] as const) {
      const text = unmasked(new Chat(door, { bytes: 64, receipts: true }).frame(stamp));
      const bytes = Buffer.from(text);
      const at = findStamp(bytes, 0, bytes.length, 0, MARKS.receipt);
      expect([sequenceAt(bytes, at), instantAt(bytes, at)]).to.deep.equal([stamp.sequence, stamp.instant]);
      const message = door === 'raw' ? JSON.parse(text) : JSON.parse(text.slice(2))[1];
      expect(message.clientMsgId).to.equal(bytes.toString('latin1', at, at + STAMP_LENGTH));
    }
    expect(unmasked(new Chat('raw', { bytes: 64 }).frame(stamp))).not.to.include('clientMsgId');
  });

  it('says what it comes back with', () => {
    const identity = { name: 'Ana', userId: 'u1', rooms: [], session: 's-1', lastId: '2026-1' };
    expect(upgradeRequest('raw', 1, identity)).to.include('&userId=u1&session=s-1&lastId=2026-1 HTTP');
    expect(upgradeRequest('raw', 1, { ...identity, session: '' })).to.include('&session=&lastId');
    expect(connectPacket(identity)).to.include('"session":"s-1","lastId":"2026-1"');
  });

  it('says who it is, and which rooms it joins', () => {
    const identity = { name: 'Ana', userId: 'u1', rooms: ['a', 'b'] };
    expect(upgradeRequest('raw', 1, identity)).to.match(/^GET \/ws\?username=Ana&userId=u1&room=a,b HTTP\/1\.1\r\n/);
    expect(connectPacket(identity)).to.equal('40{"username":"Ana","userId":"u1","rooms":["a","b"]}');
  });
});

describe('bench: stamps', () => {
  it('are found only where they are whole', () => {
    const bytes = Buffer.alloc(60, ' ');
    writeStamp(bytes, 20, { lane: 1, sequence: 2, instant: 3 });
    expect(findStamp(bytes, 0, 60, 7)).to.equal(20);
    expect(findStamp(bytes, 0, 20 + STAMP_LENGTH, 20)).to.equal(20);
    expect(findStamp(bytes, 0, 19 + STAMP_LENGTH, 20)).to.equal(-1);
    expect(findStamp(bytes, 21, 60, 20)).to.equal(-1);
  });

  it('read as no number where there are no digits', () => {
    expect(sequenceAt(Buffer.from(`~T0001xyzt5678${'0'.repeat(12)}`), 0)).to.be.NaN;
  });
});

describe('bench: membership', () => {
  it('fills every room alike, and puts nobody into one twice', () => {
    const members = new Array<number>(100).fill(0);
    for (let client = 0; client < 400; client++) {
      const rooms = roomsOf(client, 100, 5);
      expect(new Set(rooms).size).to.equal(5);
      for (const room of rooms) members[room]! += 1;
    }
    expect(new Set(members)).to.deep.equal(new Set([20]));
  });
});

function unmasked(frame: Buffer): string {
  const start = (frame[1]! & 0x7f) === 126 ? 8 : 6;
  const mask = frame.subarray(start - 4, start);
  expect([frame[0], frame[1]! >> 7, mask.every((byte) => byte !== 0)]).to.deep.equal([0x81, 1, true]);
  return Buffer.from(frame.subarray(start).map((byte, place) => byte ^ mask[place % 4]!)).toString();
}
