import { expect } from 'chai';
import type { Detail, ErrorCode } from '../../src/protocol/errors.ts';
import { decodeHandshake, fromRequest, type HandshakeSource, queryOf } from '../../src/protocol/handshake.ts';
import { expectRefusal, refusalOf } from '../support/refusals.ts';

const NONE: HandshakeSource = {
  username: undefined,
  userId: undefined,
  token: undefined,
  rooms: undefined,
  lastId: undefined,
  session: undefined,
};
const decoded = (source: Partial<HandshakeSource>, maxRooms = 100) => decodeHandshake({ ...NONE, ...source }, maxRooms);
const roomsOf = (rooms: unknown, maxRooms?: number) => decoded({ rooms }, maxRooms).rooms;
const show = (value: unknown) => JSON.stringify(value)?.slice(0, 60) ?? String(value);
const numbered = (count: number) => Array.from({ length: count }, (_, index) => `r${index}`);

describe('queryOf', () => {
  const targets: [target: string | undefined, username: string | null][] = [
    [undefined, null],
    ['', null],
    ['/ws', null],
    ['/ws?', null],
    ['/ws?username=Ana', 'Ana'],
    ['?username=Ana', 'Ana'],
    ['/ws?username=Ana%20Mar%C3%ADa', 'Ana María'],
    ['/ws?username=Ana+B', 'Ana B'],
    ['/ws?username=a?b', 'a?b'],
    ['/ws?username=a=b', 'a=b'],
    ['/ws?username', ''],
    ['/ws?username=%', '%'],
    ['/ws?username=%FF', '\uFFFD'],
    ['//?username=Ana', 'Ana'],
    ['http://[?username=Ana', 'Ana'],
    ['*', null],
    ['/ws?Username=Ana', null],
  ];
  for (const [target, username] of targets) {
    it(`finds in ${show(target)} the username ${show(username)}`, () => {
      expect(queryOf(target).get('username')).to.equal(username);
    });
  }
});

describe('fromRequest', () => {
  it('takes the parameters from the query', () => {
    expect(fromRequest('/ws?username=Ana&userId=7&token=t&room=a', {})).to.deep.equal({
      username: 'Ana',
      userId: '7',
      token: 't',
      rooms: ['a'],
      lastId: null,
      session: null,
    });
  });

  it('finds nothing where nothing is', () => {
    expect(decodeHandshake(fromRequest('/ws', {}), 100)).to.deep.equal({ rooms: [] });
  });

  it('lets the first of a repeated parameter count', () => {
    const { username, userId } = fromRequest('/ws?username=a&username=b&userId=1&userId=2', {});
    expect([username, userId]).to.deep.equal(['a', '1']);
  });

  it('takes each room of a repeated one', () => {
    expect(fromRequest('/ws?room=a&room=b,c&room=', {}).rooms).to.deep.equal(['a', 'b,c', '']);
  });

  describe('looks for a token in', () => {
    const bearer = { authorization: 'Bearer header' };
    const subprotocol = { 'sec-websocket-protocol': 'ambos, bearer.protocol' };
    const places: [what: string, target: string, headers: object, token: string | undefined][] = [
      ['the query first', '/ws?token=query', { ...bearer, ...subprotocol }, 'query'],
      ['the Authorization header next', '/ws', { ...bearer, ...subprotocol }, 'header'],
      ['the header whatever its case and spaces', '/ws', { authorization: 'bEARER   x.y.z' }, 'x.y.z'],
      ['the subprotocols last', '/ws', subprotocol, 'protocol'],
      ['no other scheme', '/ws', { authorization: 'Basic abc' }, undefined],
      ['no header of two tokens', '/ws', { authorization: 'Bearer a b' }, undefined],
      ['no other subprotocol', '/ws', { 'sec-websocket-protocol': 'ambos, chat' }, undefined],
    ];
    for (const [what, target, headers, token] of places) {
      it(what, () => expect(fromRequest(target, headers).token).to.equal(token));
    }
  });
});

describe('decodeHandshake', () => {
  it('gives only what was given', () => {
    expect(decoded({})).to.deep.equal({ rooms: [] });
    expect(decoded({ username: ' ', userId: '', token: '', rooms: '' })).to.deep.equal({ rooms: [] });
    expect(decoded({ username: null, userId: null, token: null, rooms: null })).to.deep.equal({ rooms: [] });
  });

  it('reads everything that a client says of itself', () => {
    expect(decoded({ username: ' Ana ', userId: 7, token: 't', rooms: ['a'] })).to.deep.equal({
      username: 'Ana',
      userId: '7',
      token: 't',
      rooms: ['a'],
    });
  });

  for (const token of [5, {}, [], true]) {
    it(`ignores a token that is no text: ${show(token)}`, () => {
      expect(decoded({ token })).to.deep.equal({ rooms: [] });
    });
  }

  describe('reads rooms', () => {
    const cases: [what: string, raw: unknown, rooms: string[]][] = [
      ['none', [], []],
      ['one name', 'a', ['a']],
      ['names separated by commas', 'a,b', ['a', 'b']],
      ['an array of names', ['a', 'b'], ['a', 'b']],
      ['a repeated query parameter, each with commas', ['a,b', 'c'], ['a', 'b', 'c']],
      ['in the order given', 'c,a,b', ['c', 'a', 'b']],
      ['each once, at its first place', 'b,a,b,a', ['b', 'a']],
      ['without the default one', 'general,a,general', ['a']],
      ['the default one alone', ['general'], []],
      ['with case', 'General,a,A', ['General', 'a', 'A']],
      ['without blanks', ' , a ,,\tb\n,', ['a', 'b']],
      ['with every character of a name', 'A-Z_0.9:/@', ['A-Z_0.9:/@']],
    ];
    for (const [what, raw, rooms] of cases) {
      it(`${what}: ${show(raw)}`, () => expect(roomsOf(raw)).to.deep.equal(rooms));
    }
  });

  describe('refuses', () => {
    const cases: [source: Partial<HandshakeSource>, code: ErrorCode, detail?: Detail, value?: number][] = [
      [{ username: 'system' }, 'invalid_username', 'name_reserved', 64],
      [{ username: 'a\nb' }, 'invalid_username', 'name_characters', 64],
      [{ username: 7 }, 'invalid_username', 'name_text', 64],
      [{ username: 'a'.repeat(65) }, 'invalid_username', 'name_length', 64],
      [{ userId: 'a b' }, 'invalid_user_id', 'name_spaces'],
      [{ userId: 1.5 }, 'invalid_user_id', 'name_text', 128],
      [{ userId: 'SYSTEM' }, 'invalid_user_id', 'name_reserved', 128],
      ...['a b', 'ñ', 'a;b', 'x'.repeat(129), 'a,b c', ['a', '#'], 5, true, {}, [5], [null], [['a']], [{}]].map(
        (rooms): [Partial<HandshakeSource>, ErrorCode] => [{ rooms }, 'invalid_room'],
      ),
    ];
    for (const [source, code, detail, value] of cases) {
      it(`${show(source)}: ${code}`, () =>
        expectRefusal(
          refusalOf(() => decoded(source)),
          code,
          detail,
          value,
        ));
    }
  });

  describe('limits rooms', () => {
    it('takes as many as are allowed', () => expect(roomsOf(numbered(100))).to.have.lengthOf(100));

    it('refuses one more', () => {
      expectRefusal(
        refusalOf(() => roomsOf(numbered(101).join())),
        'room_limit',
        'rooms',
        100,
      );
    });

    it('counts neither the default room, nor blanks, nor a name twice', () => {
      const given = [...numbered(100), ...numbered(100), 'general', '', ' '];
      expect(roomsOf(given)).to.have.lengthOf(100);
    });

    it('of 0 leaves the default room', () => {
      expect(roomsOf('general', 0)).to.deep.equal([]);
      expectRefusal(
        refusalOf(() => roomsOf('a', 0)),
        'room_limit',
        'rooms',
        0,
      );
    });
  });
});

describe('decodeHandshake, of one who comes back', () => {
  it('reads the last id and the session, and lets pass what can be answered in the first list', () => {
    expect(decoded({ lastId: '20231107132000-1', session: 'aB-_9' })).to.deep.equal({
      rooms: [],
      lastId: '20231107132000-1',
      session: 'aB-_9',
    });
    expect(decoded({ lastId: 'nonsense', session: '' })).to.deep.equal({ rooms: [], lastId: 'nonsense', session: '' });
    expect(decoded({ lastId: '' })).to.deep.equal({ rooms: [] });
    for (const lastId of [5, {}, [], { toString: 1 }, true]) expect(decoded({ lastId }).lastId).to.equal('?');
  });

  for (const session of ['a'.repeat(65), 'a b', 'ñ', '\n', 5, {}, ['a'], true]) {
    it(`refuses ${show(session)} as a session`, () => {
      expectRefusal(
        refusalOf(() => decoded({ session })),
        'invalid_session',
      );
    });
  }
});
