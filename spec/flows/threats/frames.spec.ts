import { deflateRawSync } from 'node:zlib';
import { expect } from 'chai';
import { BROKEN, DECLARED, declaring, NOT_UTF8 } from '../../support/broken-frames.ts';
import type { Door } from '../../support/client.ts';
import { unique } from '../../support/messages.ts';
import { closing, encode, type Frame, upgradeRequest } from '../../support/tcp.ts';
import { type Scene, survivesByDoor } from './scene.ts';
import { packet, targetOf } from './wire.ts';

/** A peer that does not answer a close need not be waited for. */
const SETTINGS = { closeTimeout: 100 };
const MIB = 1024 ** 2;

describe('threats by frames', () => {
  survivesByDoor(
    (door) => `threat 18: ${door}: a frame that breaks RFC 6455 is closed with 1002`,
    SETTINGS,
    (scene, door) =>
      each(BROKEN, async (frames, what) => {
        expect(await closeCode(scene, door, Buffer.concat(frames.map(encode))), what).to.equal(1002);
      }),
  );

  survivesByDoor(
    (door) => `threat 16: ${door}: a text that is not UTF-8 is closed with 1007`,
    SETTINGS,
    (scene, door) =>
      each(NOT_UTF8, async (hex, what) => {
        const text = Buffer.concat([Buffer.from('"'), Buffer.from(hex, 'hex'), Buffer.from('"')]);
        expect(await closeCode(scene, door, encode({ opcode: 1, payload: text })), what).to.equal(1007);
        const frames = [...text].map((_, at) => encode(piece(text, at)));
        expect(await closeCode(scene, door, Buffer.concat(frames)), `${what}, byte by byte`).to.equal(1007);
      }),
  );

  survivesByDoor(
    (door) => `threat 16: ${door}: a close reason that is not UTF-8 is closed with 1007`,
    SETTINGS,
    (scene, door) =>
      each(NOT_UTF8, async (hex, what) => {
        const payload = closing(1000, Buffer.from(hex, 'hex'));
        expect(await closeCode(scene, door, encode({ opcode: 8, payload })), what).to.equal(1007);
      }),
  );

  survivesByDoor(
    (door) => `threat 16: ${door}: a code point that is cut between two fragments arrives whole`,
    SETTINGS,
    async (scene, door) => {
      const wire = await scene.wire(door);
      const content = scene.expects(`${unique('cut')} 😀ñ€`);
      const text = Buffer.from(packet(door, JSON.stringify({ type: 'chat', content })));
      const frames = [...text].map((_, at) => encode(piece(text, at)));
      wire.tcp.socket.write(Buffer.concat(frames));
      await scene.heard(content);
    },
  );

  survivesByDoor(
    (door) => `threat 11: ${door}: 400,000 empty fragments are closed with 1008`,
    SETTINGS,
    async (scene, door) => {
      const first = encode({ opcode: 1, payload: '"', fin: false });
      const flood = Buffer.alloc(400_000 * 6, encode({ opcode: 0, fin: false }));
      expect(await closeCode(scene, door, Buffer.concat([first, flood]))).to.equal(1008);
    },
  );

  survivesByDoor(
    (door) => `threat 11: ${door}: a message in 10,000 pieces of one byte is closed with 1008`,
    SETTINGS,
    async (scene, door) => {
      const text = Buffer.from(packet(door, JSON.stringify({ type: 'chat', content: 'x'.repeat(10_000) })));
      const frames = [...text].map((_, at) => encode(piece(text, at)));
      expect(await closeCode(scene, door, Buffer.concat(frames))).to.equal(1008);
    },
  );

  survivesByDoor(
    (door) => `threat 11: ${door}: pings between the fragments of a message change nothing`,
    SETTINGS,
    async (scene, door) => {
      const wire = await scene.wire(door);
      const content = scene.expects(unique('pieces'));
      const text = Buffer.from(packet(door, JSON.stringify({ type: 'chat', content })));
      const ping = encode({ opcode: 9, payload: 'x' });
      wire.tcp.socket.write(Buffer.concat([...text].flatMap((_, at) => [encode(piece(text, at)), ping])));
      await scene.heard(content);
    },
  );

  survivesByDoor(
    (door) => `threat 13: ${door}: a length over the limit is closed with 1009 before its payload comes`,
    SETTINGS,
    async (scene, door) => {
      const before = process.memoryUsage().arrayBuffers;
      await each(DECLARED, async (length, what) => {
        expect(await closeCode(scene, door, declaring(length)), what).to.equal(1009);
      });
      expect(process.memoryUsage().arrayBuffers - before, 'bytes allocated').to.be.below(16 * MIB);
    },
  );

  survivesByDoor(
    (door) => `threat 13: ${door}: fragments over the limit together are closed with 1009`,
    SETTINGS,
    async (scene, door) => {
      const payload = 'x'.repeat(MIB / 8);
      const first = encode({ opcode: 1, payload, fin: false });
      const more = encode({ opcode: 0, payload, fin: false });
      expect(await closeCode(scene, door, Buffer.concat([first, ...Array<Buffer>(8).fill(more)]))).to.equal(1009);
    },
  );

  survivesByDoor(
    (door) => `threat 14: ${door}: compression is not agreed to, so that a bomb is a broken frame`,
    SETTINGS,
    async (scene, door) => {
      const tcp = scene.tcp();
      const offer = 'permessage-deflate; client_max_window_bits; server_no_context_takeover';
      tcp.socket.write(upgradeRequest(targetOf(door), { 'Sec-WebSocket-Extensions': offer }));
      expect(await tcp.status()).to.equal(101);
      expect(tcp.answer.toLowerCase()).not.to.include('sec-websocket-extensions');
      const bomb = deflateRawSync(Buffer.alloc(16 * MIB, 'x'));
      tcp.write({ opcode: 1, payload: bomb, reserved: 0x40 });
      expect(await tcp.closed).to.equal(1002);
    },
  );

  survivesByDoor(
    (door) => `threat 12: ${door}: what the server says in a close is text, or nothing`,
    SETTINGS,
    async (scene, door) => {
      const wire = await scene.wire(door);
      wire.tcp.write({ opcode: 2, payload: Buffer.alloc(1000, 0xff) });
      const { payload } = await wire.tcp.frame(({ opcode }) => opcode === 8, 'a close');
      if (door === 'ws') expect(payload).to.deep.equal(closing(1003, 'unsupported_data'));
      else expect(payload, 'Engine.IO closes without a code').to.have.lengthOf(0);
    },
  );
});

/** A connected client writes these bytes; how the server closes it. */
async function closeCode(scene: Scene, door: Door, bytes: Buffer): Promise<number | undefined> {
  const { tcp } = await scene.wire(door);
  tcp.socket.write(bytes);
  return tcp.closed;
}

/** All at once: one does not disturb the other. */
async function each<T>(table: Record<string, T>, play: (value: T, what: string) => Promise<void>): Promise<void> {
  await Promise.all(Object.entries(table).map(([what, value]) => play(value, what)));
}

/** One byte of a text as a fragment of its own. */
function piece(text: Buffer, at: number): Frame {
  return { opcode: at === 0 ? 1 : 0, payload: text.subarray(at, at + 1), fin: at === text.length - 1 };
}
