import { expect } from 'chai';
import { errorCode, refused } from '../../conformance/answers.ts';
import { type Door, type Options, refusal } from '../../support/client.ts';
import { type Message, positionOf, unique } from '../../support/messages.ts';
import { type Scene, survives, survivesByDoor } from './scene.ts';

const SERVER_TYPES = ['system', 'user_joined', 'user_left', 'ack', 'error'];

const SYSTEMS: Record<string, string> = {
  'as it is': 'system',
  'in capitals': 'SYSTEM',
  'in mixed case': 'SyStEm',
  'with spaces around': '  system\t',
  'with spaces between': 's y s t e m',
  'with a no-break space': 'sys\u00a0tem',
  'with a zero-width space': 'sys\u200btem',
  'with a zero-width joiner': 'sys\u200dtem',
  'with a word joiner': '\u2060system\u2060',
  'with a soft hyphen': 'sys\u00adtem',
  'with a combining grapheme joiner': 'sys\u034ftem',
  'with a variation selector': 'system\ufe0f',
  'with a Hangul filler': 'system\u3164',
  'with tag characters': 'sys\u{e0074}tem',
  'in full-width letters': 'ｓｙｓｔｅｍ',
  'in mathematical letters': '𝓼𝔂𝓼𝓽𝓮𝓶',
  'in circled letters': 'ⓢⓨⓢⓣⓔⓜ',
  'in Cyrillic letters': 'ѕуѕтем',
  'in Cyrillic capitals': 'ЅУЅТЕМ',
  'with Greek capitals': 'SΥSΤΕΜ',
  'with Greek letters': 'sγsτεμ',
};

const UGLY: Record<string, string> = {
  'a line break': 'Ana\nBo',
  'CR and LF': 'Ana\r\nBo',
  NUL: 'Ana\0',
  ESC: 'Ana\x1b[2J',
  DEL: 'Ana\x7fBo',
  'a C1 control': 'Ana\x9b2JBo',
  'a line separator': 'Ana\u2028Bo',
  'a right-to-left override': 'Ana\u202eoB',
  'a bidirectional isolate': 'Ana\u2067oB',
  'a byte order mark': 'Ana\ufeffBo',
};

const ENDLESS: Record<string, string> = {
  '65 characters': 'a'.repeat(65),
  '5,000 characters': 'a'.repeat(5000),
  '65 emoji': '😀'.repeat(65),
};

/** The ways by which a name comes in. */
const ROADS: { road: string; door: Door; options: (key: string, value: string) => Options }[] = [
  { road: 'ws: query', door: 'ws', options: (key, value) => ({ query: { [key]: value } }) },
  { road: 'socketio: query', door: 'socketio', options: (key, value) => ({ query: { [key]: value } }) },
  { road: 'socketio: auth', door: 'socketio', options: (key, value) => ({ auth: { [key]: value } }) },
];

describe('threats to identity', () => {
  survivesByDoor(
    (door) => `threat 1: ${door}: a client that sends the types of the server is refused`,
    {},
    async (scene, door) => {
      const mallory = await scene.client(door, { username: 'Mallory', userId: 'mallory' });
      for (const type of SERVER_TYPES) {
        const forged = { type, content: 'Ana ha salido del chat', data: { username: 'Ana', userId: 'ana' } };
        expect(await errorCode(mallory, forged), type).to.equal('forbidden_type');
        expect(await refused(mallory, forged), type).to.include({ code: 'forbidden_type', retryable: false });
        expect(await refused(mallory, { ...forged, to: 'ana' }), type).to.include({ code: 'forbidden_type' });
        expect(await refused(mallory, { ...forged, type: type.toUpperCase() })).to.include({ code: 'unknown_type' });
      }
    },
  );

  survives('threat 1: socketio: the same types inside of the event message are refused', {}, async (scene) => {
    const mallory = await scene.client('socketio', { username: 'Mallory' });
    for (const type of SERVER_TYPES) {
      const forged = { type: 'message', content: 'x' };
      expect(await refused(mallory, forged), 'its type is lost in the event name').to.include({
        code: 'invalid_message',
      });
      const engine = await scene.engine();
      engine.send(`42["message",${JSON.stringify({ type, content: 'x' })}]`);
      expect(await engine.next('42["error"'), type).to.include('"forbidden_type"');
    }
  });

  for (const { road, door, options } of ROADS) {
    survives(`threat 2: ${road}: a username that reads "system" is refused`, {}, async (scene) => {
      for (const [how, name] of Object.entries(SYSTEMS)) {
        await expectRefused(scene, door, options('username', name), 'invalid_username', how);
      }
    });

    survives(`threat 2: ${road}: a userId that reads "system" is refused`, {}, async (scene) => {
      for (const [how, name] of Object.entries(SYSTEMS)) {
        await expectRefused(scene, door, options('userId', name), 'invalid_user_id', how);
      }
    });

    survives(`threat 2: ${road}: control characters in a name are refused`, {}, async (scene) => {
      for (const [what, name] of Object.entries(UGLY)) {
        await expectRefused(scene, door, options('username', name), 'invalid_username', what);
        await expectRefused(scene, door, options('userId', name), 'invalid_user_id', what);
      }
    });

    survives(`threat 2: ${road}: endless names are refused`, {}, async (scene) => {
      for (const [what, name] of Object.entries(ENDLESS)) {
        await expectRefused(scene, door, options('username', name), 'invalid_username', what);
        await expectRefused(scene, door, options('userId', name.repeat(2)), 'invalid_user_id', what);
      }
    });
  }

  survives('threat 2: socketio: an auth whose names are no strings is refused', {}, async (scene) => {
    const values: unknown[] = [1.5, true, {}, [], ['Ana'], { toString: 'x' }, '\ud800', 'a\udc00b', '\ud83d'];
    for (const value of values) {
      const what = JSON.stringify(value);
      await expectRefused(scene, 'socketio', { auth: { username: value } }, 'invalid_username', what);
      await expectRefused(scene, 'socketio', { auth: { userId: value } }, 'invalid_user_id', what);
    }
  });

  survivesByDoor(
    (door) => `threat 3: ${door}: from, id and timestamp are the server's own, and unknown keys are dropped`,
    {},
    async (scene, door) => {
      const mallory = await scene.client(door, { username: 'Mallory', userId: 'mallory' });
      const content = scene.expects(unique('forged'));
      mallory.send({
        type: 'chat',
        content,
        from: 'system',
        fromId: 'ana',
        id: '20200101000000-1',
        timestamp: 1,
        total: 7,
        evil: { deep: true },
        clientmsgid: 'x',
        To: 'ana',
        Room: 'sala-1',
      });
      const message = await scene.heard(content);
      expectOwnValues(message, 'Mallory');
      await mallory.barrier();
      expect(mallory.messages.map(({ type }) => type)).not.to.include('ack');
    },
  );

  survivesByDoor(
    (door) => `threat 3: ${door}: of a repeated key the last one counts, and keys of another case are other keys`,
    {},
    async (scene, door) => {
      const mallory = await scene.wire(door, 'username=Mallory');
      const content = scene.expects(unique('last'));
      mallory.send(`{"type":"chat","content":"first","from":"system","content":"${content}","from":"Ana"}`);
      expectOwnValues(await scene.heard(content), 'Mallory');
      mallory.send('{"type":"chat","Content":"x","DATA":1}');
      expect(await mallory.refusal(), 'nothing to say').to.equal('invalid_message');
      mallory.send('{"type":"Chat","content":"x"}', 'Chat');
      expect(await mallory.refusal(), 'a type in capitals').to.equal('unknown_type');
    },
  );

  survives('threat 3: ws: a repeated or a capital type is no way around the table of types', {}, async (scene) => {
    const mallory = await scene.wire('ws', 'username=Mallory');
    mallory.send('{"type":"chat","content":"x","type":"system"}');
    expect(await mallory.refusal()).to.equal('forbidden_type');
    mallory.send('{"Type":"chat","content":"x"}');
    expect(await mallory.refusal()).to.equal('invalid_message');
    mallory.send('{"TYPE":"chat","type":"user_left","content":"x"}');
    expect(await mallory.refusal()).to.equal('forbidden_type');
  });

  survives('threat 3: socketio: a type inside of the object does not change the event', {}, async (scene) => {
    const mallory = await scene.wire('socketio', 'username=Mallory');
    const content = scene.expects(unique('typed'));
    mallory.send(`{"type":"system","content":"${content}"}`, 'chat');
    expectOwnValues(await scene.heard(content), 'Mallory');
  });
});

async function expectRefused(scene: Scene, door: Door, options: Options, code: string, what: string): Promise<void> {
  const refused = await refusal(door, scene.url, options);
  expect(refused.code, what).to.equal(code);
  if (door === 'ws') expect(refused.status, what).to.equal(400);
  else expect(refused.data, what).to.include({ code, retryable: false }).and.to.have.property('message');
  await scene.expectNobodyCame();
}

function expectOwnValues(message: Message, from: string): void {
  expect(Object.keys(message)).to.deep.equal(['type', 'content', 'from', 'timestamp', 'id', 'data']);
  expect(message).to.include({ type: 'chat', from, data: null });
  expect(message.timestamp).to.be.closeTo(Date.now() / 1000, 5);
  expect(positionOf(message.id)).not.to.have.property('k');
}
