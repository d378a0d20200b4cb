import { expect } from 'chai';
import { accepted } from '../../conformance/answers.ts';
import { connect, type Door, refusal } from '../../support/client.ts';
import { request } from '../../support/http.ts';
import { unique } from '../../support/messages.ts';
import { DEPTHS, HUGE, ILL_FORMED, keys, nested, POLLUTING } from '../../support/odd-json.ts';
import { type Scene, survives, survivesByDoor } from './scene.ts';
import type { Wire } from './wire.ts';

const LIMIT = 65_536;

describe('threats by JSON', () => {
  survivesByDoor(
    (door) => `threat 15: ${door}: what is too large is refused before it is read`,
    {},
    async (scene, door) => {
      const wire = await scene.wire(door);
      for (const [what, members] of Object.entries(HUGE)) {
        wire.send(`{"type":"chat",${members}}`);
        expect(await wire.refusal(), what).to.equal('too_large');
      }
    },
  );

  survivesByDoor(
    (door) => `threat 15: ${door}: depth that fits into 64 KiB is refused at the 17th level`,
    {},
    async (scene, door) => {
      const wire = await scene.wire(door);
      for (const [what, brackets] of Object.entries(DEPTHS)) {
        for (const depth of [16, 17, 1000, Math.floor((LIMIT - 100) / brackets.join('').length)]) {
          wire.send(`{"type":"chat","data":${nested(depth, brackets)}}`);
          expect(await wire.refusal(), `${depth} ${what}`).to.equal('invalid_message');
          wire.send(`{"type":"chat","content":"x","evil":${nested(depth, brackets)}}`);
          expect(await wire.refusal(), `${depth} ${what} in an ignored key`).to.equal('invalid_message');
        }
        const content = scene.expects(unique('deep'));
        wire.send(`{"type":"chat","content":"${content}","data":${nested(15, brackets)}}`);
        await scene.heard(content);
      }
    },
  );

  survivesByDoor(
    (door) => `threat 15: ${door}: thousands of keys and endless numbers within 64 KiB are only data`,
    {},
    async (scene, door) => {
      const wire = await scene.wire(door);
      const many = scene.expects(unique('keys'));
      wire.send(`{"type":"chat","content":"${many}","data":{${keys(5000)}}}`);
      expect(Object.keys((await scene.heard(many)).data as object)).to.have.lengthOf(5000);
      const long = scene.expects(unique('digits'));
      wire.send(`{"type":"chat","content":"${long}","data":[${'9'.repeat(60_000)},-1e999,1e-999]}`);
      expect((await scene.heard(long)).data, 'as JSON.parse and JSON.stringify have it').to.deep.equal([null, null, 0]);
    },
  );

  survivesByDoor(
    (door) => `threat 17: ${door}: a lone surrogate is refused wherever it is`,
    {},
    (scene, door) => expectAllRefused(scene, door, ILL_FORMED),
  );

  survivesByDoor(
    (door) => `threat 17: ${door}: NUL and bidirectional controls are text in a content, and refused in a name`,
    {},
    async (scene, door) => {
      const wire = await scene.wire(door);
      const content = scene.expects(`${unique('odd')}\0\u202e\u2028\ufeff\ufffe😀`);
      wire.send(JSON.stringify({ type: 'chat', content, data: { [content]: content } }));
      const heard = await scene.heard(content);
      expect(heard.data).to.deep.equal({ [content]: content });
      for (const room of ['a\0b', '\u202eroom', 'a\u200bb', '~ana', '__proto__\n', 'ä']) {
        wire.send(JSON.stringify({ type: 'join', room }), 'join');
        expect(await wire.refusal(), JSON.stringify(room)).to.equal('invalid_room');
      }
      for (const clientMsgId of ['a\0', '\u202e', 'x'.repeat(65), '']) {
        wire.send(JSON.stringify({ type: 'chat', content: 'x', clientMsgId }));
        expect(await wire.refusal(), JSON.stringify(clientMsgId)).to.equal('invalid_message');
      }
    },
  );

  survivesByDoor(
    (door) => `threat 35: ${door}: a key __proto__ is refused wherever it is`,
    {},
    async (scene, door) => {
      await expectAllRefused(scene, door, POLLUTING);
      expectClean();
    },
  );

  survivesByDoor(
    (door) => `threat 35: ${door}: constructor and prototype are only data`,
    {},
    async (scene, door) => {
      const wire = await scene.wire(door);
      const content = scene.expects(unique('constructor'));
      const data = { constructor: { prototype: { polluted: 1 } }, prototype: { polluted: 1 }, toString: 1, valueOf: 2 };
      wire.send(JSON.stringify({ type: 'chat', content, data }));
      expect((await scene.heard(content)).data).to.deep.equal(data);
      expectClean();
    },
  );

  survivesByDoor(
    (door) => `threat 35: ${door}: __proto__ in the query is a parameter that nobody reads`,
    {},
    async (scene, door) => {
      const query = '__proto__[polluted]=1&__proto__=x&constructor[prototype][polluted]=1&username=Mallory&toString=1';
      const wire = await scene.wire(door, query);
      const content = scene.expects(unique('query'));
      wire.send(JSON.stringify({ type: 'chat', content }));
      expect(await scene.heard(content)).to.include({ from: 'Mallory' });
      for (const path of ['/ws', '/ws/stats', '/ws/test', '/socket.io/']) await request(`${scene.url}${path}?${query}`);
      expectClean();
    },
  );

  survives('threat 35: socketio: __proto__ in auth gives nobody a name', {}, async (scene) => {
    const engine = await scene.session();
    engine.send('40{"__proto__":{"username":"Ana","userId":"ana"},"constructor":{"prototype":{"polluted":1}}}');
    const list = await engine.next('42["user_list"');
    expect(list).to.match(/"data":\[{"id":"user_\w+","username":"Usuario\d+"/);
    expectClean();
  });

  survivesByDoor(
    (door) => `threat 35: ${door}: names of Object's own members are names like any other`,
    {},
    async (scene, door) => {
      for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
        const client = await connect(door as 'ws', scene.url, { username: name, userId: name, rooms: [name] });
        expect(client.userId).to.equal(name);
        const content = unique('own');
        const { id } = await accepted(client, { type: 'chat', room: name, content, clientMsgId: name });
        expect(await client.next({ content })).to.include({ id, from: name, room: name });
        await accepted(client, { type: 'chat', to: name, content: `${content} direct`, data: { [`x${name}`]: 1 } });
        await client.next({ content: `${content} direct` });
        await client.close();
      }
      const refused = await refusal(door, scene.url, { rooms: ['__proto__', 'a b'] });
      expect(refused.code).to.equal('invalid_room');
      expectClean();
    },
  );
});

async function expectAllRefused(scene: Scene, door: Door, table: Record<string, string>): Promise<void> {
  const wire: Wire = await scene.wire(door);
  for (const [what, members] of Object.entries(table)) {
    wire.send(`{"type":"chat",${members}}`);
    expect(await wire.refusal(), what).to.equal('invalid_message');
  }
}

/** Server and spec share a process, so they share Object.prototype. */
function expectClean(): void {
  expect('polluted' in {}).to.equal(false);
}
