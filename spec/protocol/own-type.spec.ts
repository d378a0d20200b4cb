import { expect } from 'chai';
import { z } from 'zod';
import { Refusal } from '../../src/protocol/errors.ts';
import { TYPES } from '../../src/protocol/message.ts';
import { defineType, parseType, type Schema } from '../../src/protocol/own-type.ts';

describe('defineType', () => {
  for (const name of [...Object.keys(TYPES), 'message', 'connect', 'disconnect', 'connect_error', 'disconnecting']) {
    it(`refuses the reserved name ${name}`, () => {
      expect(() => defineType(name, { class: 'durable' })).to.throw(TypeError, 'reserved');
    });
  }

  for (const name of ['', 'Move', '1st', 'a b', 'ñ', '__proto__', 'x'.repeat(65)]) {
    it(`refuses the malformed name ${JSON.stringify(name)}`, () => {
      expect(() => defineType(name, { class: 'durable' })).to.throw(TypeError, 'does not match');
    });
  }

  it('refuses a class that is none, and the server’s own', () => {
    for (const kind of ['presence', 'fast', undefined]) {
      expect(() => defineType('move', { class: kind as 'durable' })).to.throw(TypeError, 'class');
    }
  });

  it('refuses a key where it means nothing', () => {
    expect(() => defineType('move', { class: 'ephemeral', key: () => 'x' })).to.throw(TypeError, 'key');
  });

  it('lets any JSON through where there is no schema', () => {
    expect(defineType('move', { class: 'ephemeral' }).parse({ any: [1] })).to.deep.equal({ any: [1] });
  });

  it('gives what the schema gives', () => {
    const move = defineType('move', { class: 'ephemeral', schema: z.object({ x: z.coerce.number() }) });
    expect(move.parse({ x: '3', y: 4 })).to.deep.equal({ x: 3 });
  });

  it('says where data is wrong, in the words of who sent it', () => {
    const move = defineType('move', { class: 'ephemeral', schema: z.object({ path: z.array(z.number()) }) });
    for (const [data, text] of [
      [{ path: [1, 'x'] }, 'Invalid message: "data.path.1" is not valid'],
      [null, 'Invalid message: "data" is not valid'],
    ] as const) {
      try {
        move.parse(structuredClone(data) as never);
        expect.fail('it passed');
      } catch (error) {
        expect(error).to.be.instanceOf(Refusal);
        expect((error as Refusal).text('en')).to.equal(text);
      }
    }
  });

  it('takes a schema of any library, as long as it answers at once', () => {
    const odd: Schema<number> = {
      '~standard': {
        version: 1,
        vendor: 'spec',
        validate: (value) =>
          typeof value === 'number' && value % 2 ? { value } : { issues: [{ path: [{ key: 'n' }] }] },
      },
    };
    const late: Schema = { '~standard': { version: 1, vendor: 'spec', validate: async (value) => ({ value }) } };
    expect(defineType('odd', { class: 'durable', schema: odd }).parse(3)).to.equal(3);
    expect(() => defineType('odd', { class: 'durable', schema: odd }).parse(2)).to.throw(Refusal);
    expect(() => defineType('late', { class: 'durable', schema: late }).parse(2)).to.throw(TypeError, 'at once');
  });
});

describe('parseType', () => {
  it('reads a name and its class', () => {
    expect(parseType('score:state')).to.include({ name: 'score', class: 'state' });
    expect(parseType(' game:move : ephemeral ')).to.include({ name: 'game:move', class: 'ephemeral' });
  });

  for (const text of ['score', 'score:', ':state', 'score:presence', 'chat:durable']) {
    it(`refuses ${text}`, () => {
      expect(() => parseType(text)).to.throw(TypeError);
    });
  }
});
