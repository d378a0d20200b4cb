import { expect } from 'chai';
import { closeAll, connect, DOORS, type Door, type Options, Refused, refusal } from '../support/client.ts';
import { Engine } from '../support/engine.ts';
import { json, request, upgrade } from '../support/http.ts';
import { dataKey, idsOf, rowsOf, unique } from '../support/messages.ts';
import { accepted, eventually, expectNone, reached, refused } from './answers.ts';
import { acrossDoors, byDoor, conformance, target, withSettings } from './target.ts';

const HUNDRED = Array.from({ length: 100 }, () => unique('room'));

conformance('2.1 Where', () => {
  it('2.1 identity comes from the query: username, userId, room (ws)', async () => {
    const [userId, room] = [unique('user'), unique('room')];
    const client = await connect('ws', target(), { query: { username: 'Ana', userId, room } });
    expect(rowsOf(client.welcome)[0]).to.deep.equal({ id: userId, username: 'Ana', status: 'online' });
    await client.next({ type: 'user_list', room });
  });

  for (const key of ['rooms', 'room']) {
    it(`2.1 identity comes from auth: username, userId, ${key} (socketio)`, async () => {
      const [userId, room] = [unique('user'), unique('room')];
      const client = await connect('socketio', target(), { auth: { username: 'Ana', userId, [key]: [room] } });
      expect(rowsOf(client.welcome)[0]).to.deep.equal({ id: userId, username: 'Ana', status: 'online' });
      await client.next({ type: 'user_list', room });
    });
  }

  it('2.1 what auth lacks is taken from the query (socketio)', async () => {
    const [userId, room] = [unique('user'), unique('room')];
    const query = { userId, username: 'Otra', room };
    const client = await connect('socketio', target(), { auth: { username: 'Ana' }, query });
    expect(rowsOf(client.welcome)[0]).to.include({ id: userId, username: 'Ana' });
    await client.next({ type: 'user_list', room });
  });

  it('2.1 without auth, all is taken from the query (socketio)', async () => {
    const [userId, room] = [unique('user'), unique('room')];
    const client = await connect('socketio', target(), { auth: {}, query: { userId, username: 'Ana', room } });
    expect(rowsOf(client.welcome)[0]).to.include({ id: userId, username: 'Ana' });
    await client.next({ type: 'user_list', room });
  });

  it('2.1 rooms of auth are not mixed with those of the query (socketio)', async () => {
    const [own, other] = [unique('room'), unique('room')];
    const client = await connect('socketio', target(), { auth: { rooms: [own] }, query: { room: other } });
    await client.next({ type: 'user_list', room: own });
    expect((await refused(client, { type: 'user_list', room: other })).code).to.equal('not_in_room');
  });

  it('2.1 of a repeated query parameter the first value counts (ws)', async () => {
    const userId = unique('user');
    const query = `username=Ana&username=Otra&userId=${userId}&userId=${unique('user')}`;
    const client = await connect('ws', target(), { query });
    expect(rowsOf(client.welcome)[0]).to.include({ id: userId, username: 'Ana' });
  });

  it('2.1 of a repeated query parameter the first value counts (socketio)', async () => {
    const userId = unique('user');
    const query = `username=Ana&username=Otra&userId=${userId}&userId=${unique('user')}`;
    const engine = await Engine.connect(target(), query);
    expect(rowsOf(engine.messages('user_list')[0]!)[0]).to.include({ id: userId, username: 'Ana' });
    await engine.close();
  });

  it('2.1 a good value repeated by a bad one is good, and the other way round (ws)', async () => {
    await connect('ws', target(), { query: 'username=Ana&username=system' });
    expect((await refusal('ws', target(), { query: 'username=system&username=Ana' })).code).to.equal(
      'invalid_username',
    );
  });

  it('2.1 GET /socket.io/socket.io.js serves the browser client', async () => {
    const answer = await request(`${target()}/socket.io/socket.io.js`);
    expect(answer.status).to.equal(200);
    expect(answer.headers['content-type']).to.match(/javascript/);
    expect(answer.body).to.match(/Socket\.IO/);
  });

  const offers: [string, string[], string][] = [
    ['ambos among others', ['chat', 'ambos', 'json'], 'ambos'],
    ['ambos alone', ['ambos'], 'ambos'],
    ['only others', ['json', 'chat'], 'json'],
    ['none', [], ''],
  ];
  for (const [offer, protocols, selected] of offers) {
    it(`2.1 subprotocols: a client that offers ${offer} gets ${selected || 'none'} (ws)`, async () => {
      const client = await connect('ws', target(), { protocols });
      expect(client.ws.protocol).to.equal(selected);
    });
  }

  byDoor((door) => {
    it(`2.8 a token is not looked at while authentication is off (${door})`, async () => {
      const query = { token: 'not.a.token' };
      const headers = { authorization: 'Bearer not.a.token' };
      const client = await connect(door, target(), { query, headers, userId: unique('user') });
      await accepted(client, { type: 'chat', content: 'Hola' });
    });
  });

  it('2.8 a token in auth is not looked at while authentication is off (socketio)', async () => {
    const auth = { token: 'not.a.token', userId: unique('user') };
    const client = await connect('socketio', target(), { auth });
    await accepted(client, { type: 'chat', content: 'Hola' });
  });
});

const GOOD_USERNAMES: [string, string][] = [
  ['plain', 'Ana'],
  ['one code point', 'a'],
  ['64 letters', 'a'.repeat(64)],
  ['64 code points beyond the BMP', '😀'.repeat(64)],
  ['accents', 'José Ñandú'],
  ['inner spaces', 'Ana  María'],
  ['decomposed, which is kept so', 'e\u0301'],
  ['full-width letters, which are kept so', 'Ａｎａ'],
  ['a joined emoji', '👨\u200d👩\u200d👧'],
  ['right-to-left letters', 'שלום'],
  ['markup', '<b>"&\'</b>'],
  ['digits', '0'],
  ['the word null', 'null'],
  ['query characters', 'a=b&c+d%20#?'],
  ['a word that contains system', 'ecosystem'],
  ['a word that begins with system', 'systema'],
  ['system with a digit', 'system1'],
  ['its Spanish sister', 'sistema'],
];

const BAD_USERNAMES: [string, string][] = [
  ['65 letters', 'a'.repeat(65)],
  ['65 code points beyond the BMP', '😀'.repeat(65)],
  ['NUL', 'a\u0000b'],
  ['a line feed', 'a\nb'],
  ['a tab', 'a\tb'],
  ['escape', 'a\u001bb'],
  ['DEL', 'a\u007fb'],
  ['a C1 control', 'a\u0085b'],
  ['a line separator', 'a\u2028b'],
  ['a paragraph separator', 'a\u2029b'],
  ['a byte order mark', 'a\ufeffb'],
  ...[0x061c, 0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069].map(
    (point): [string, string] => [
      `the bidirectional control U+${point.toString(16)}`,
      `a${String.fromCodePoint(point)}b`,
    ],
  ),
  ['system', 'system'],
  ['system in capitals', 'SYSTEM'],
  ['system in mixed case', 'SyStEm'],
  ['system with spaces around', '  system '],
  ['system in full-width letters', 'ｓｙｓｔｅｍ'],
  ['system in full-width capitals', 'ＳＹＳＴＥＭ'],
  ['system in mathematical letters', '𝐬𝐲𝐬𝐭𝐞𝐦'],
  ['system in circled letters', 'ⓢⓨⓢⓣⓔⓜ'],
  ['system with a long s', 'ſyſtem'],
  ['system with spaces between', 's y s t e m'],
  ['system with a no-break space', 'sys\u00a0tem'],
  ['system with an ideographic space', 'sys\u3000tem'],
  ['system with a zero width space', 'sys\u200btem'],
  ['system with a zero width joiner', 'sys\u200dtem'],
  ['system with a soft hyphen', 'sys\u00adtem'],
  ['system with a word joiner', 'sys\u2060tem'],
  ['system with invisible tags', 'sys\u{e0020}tem'],
  ['system in Cyrillic capitals', '\u0405\u0423\u0405\u0422\u0415\u041c'],
  ['system with Cyrillic small letters', '\u0455\u0443\u0455t\u0435m'],
  ['system with one Cyrillic letter', 'syst\u0435m'],
  ['system with Greek capitals', 'S\u03a5S\u03a4\u0395\u039c'],
  ['system with mixed tricks', '\uff33\u0443 \u200bS\u0422\u0395M'],
];

conformance('2.2 Username and userId', () => {
  byDoor((door) => {
    for (const [kind, blank] of [
      ['no', undefined],
      ['an empty', ''],
      ['a blank', '   '],
    ] as const) {
      it(`2.2 ${kind} username: the server assigns Usuario<unix seconds> (${door})`, async () => {
        const client = await connect(door, target(), blank === undefined ? {} : { username: blank });
        const { username } = rowsOf(client.welcome)[0]!;
        expect(username).to.match(/^Usuario\d+$/);
        expect(Number(username.slice(7))).to.be.within(client.welcome.timestamp - 5, client.welcome.timestamp + 5);
      });

      it(`2.2 ${kind} userId: the server assigns one that begins with user_ (${door})`, async () => {
        const options = blank === undefined ? {} : { userId: blank };
        const clients = [await connect(door, target(), options), await connect(door, target(), options)];
        for (const { userId } of clients) expect(userId).to.match(/^user_./);
        expect(clients[0]!.userId).not.to.equal(clients[1]!.userId);
      });
    }

    it(`2.2 a username is trimmed (${door})`, async () => {
      expect(await usernameOf(door, { username: ' \t Ana María \n' })).to.equal('Ana María');
    });

    for (const [kind, username] of GOOD_USERNAMES) {
      it(`2.2 a username is kept unchanged: ${kind} (${door})`, async () => {
        expect(await usernameOf(door, { username })).to.equal(username);
      });
    }

    for (const [kind, username] of BAD_USERNAMES) {
      it(`2.2 invalid_username: ${kind} (${door})`, async () => {
        expect((await refusal(door, target(), { username })).code).to.equal('invalid_username');
      });

      if (/^65/.test(kind)) continue;
      it(`2.2 invalid_user_id: ${kind} (${door})`, async () => {
        expect((await refusal(door, target(), { userId: username })).code).to.equal('invalid_user_id');
      });
    }

    it(`2.2 usernames need not be unique (${door})`, async () => {
      const username = unique('Ana');
      const clients = [await connect(door, target(), { username }), await connect(door, target(), { username })];
      for (const client of clients) expect(rowsOf(client.welcome)[0]!.username).to.equal(username);
      expect(clients[0]!.userId).not.to.equal(clients[1]!.userId);
    });

    it(`2.2 a userId is trimmed (${door})`, async () => {
      const userId = unique('user');
      expect((await connect(door, target(), { userId: `  ${userId} ` })).userId).to.equal(userId);
    });

    for (const [kind, userId] of [
      ['128 letters', unique('u').padEnd(128, 'x')],
      ['128 code points beyond the BMP', '😀'.repeat(128)],
      ['other letters and signs', `${unique('ñ')}@ex.org:1/<b>`],
    ] as const) {
      it(`2.2 a userId is kept unchanged: ${kind} (${door})`, async () => {
        expect((await connect(door, target(), { userId })).userId).to.equal(userId);
      });
    }

    for (const [kind, userId] of [
      ['129 letters', 'x'.repeat(129)],
      ['129 code points beyond the BMP', '😀'.repeat(129)],
      ['a space inside', 'ana maria'],
    ] as const) {
      it(`2.2 invalid_user_id: ${kind} (${door})`, async () => {
        expect((await refusal(door, target(), { userId })).code).to.equal('invalid_user_id');
      });
    }
  });

  it('2.2 invalid_username: a lone surrogate (socketio)', async () => {
    for (const username of ['a\ud800', '\udc00b']) {
      expect((await refusal('socketio', target(), { auth: { username } })).code).to.equal('invalid_username');
    }
  });

  it('2.2 invalid_user_id: a lone surrogate (socketio)', async () => {
    expect((await refusal('socketio', target(), { auth: { userId: 'a\ud800' } })).code).to.equal('invalid_user_id');
  });

  for (const value of [5, true, { a: 1 }, ['Ana']]) {
    it(`2.2 invalid_username: in auth, ${JSON.stringify(value)} is not a string (socketio)`, async () => {
      expect((await refusal('socketio', target(), { auth: { username: value } })).code).to.equal('invalid_username');
    });
  }

  it('2.2 in auth, a userId may be an integer, read as its decimal text (socketio)', async () => {
    const number = Date.now();
    for (const userId of [number, -number]) {
      expect((await connect('socketio', target(), { auth: { userId } })).userId).to.equal(String(userId));
    }
  });

  for (const value of [1.5, true, { a: 1 }, ['x']]) {
    it(`2.2 invalid_user_id: in auth, ${JSON.stringify(value)} (socketio)`, async () => {
      expect((await refusal('socketio', target(), { auth: { userId: value } })).code).to.equal('invalid_user_id');
    });
  }

  acrossDoors((here, there) => {
    it(`2.2 the same userId by either door is one user, and the username is the connection's (${here} and ${there})`, async () => {
      const userId = unique('user');
      const ana = await connect(here, target(), { userId, username: 'Ana' });
      const anita = await connect(there, target(), { userId, username: 'Anita' });
      expect(idsOf(anita.welcome).filter((id) => id === userId)).to.have.lengthOf(1);
      const first = await accepted(ana, { type: 'chat', content: 'Hola' });
      const second = await accepted(anita, { type: 'chat', content: 'Hola' });
      expect((await ana.next({ id: first.id })).from).to.equal('Ana');
      expect((await ana.next({ id: second.id })).from).to.equal('Anita');
    });
  });
});

conformance('2.3 Rooms at the handshake', () => {
  const [a, b, c] = [unique('a'), unique('b'), unique('c')];
  const ways: [string, Door, Options, string[]][] = [
    ['?room=a&room=b', 'ws', { query: `room=${a}&room=${b}` }, [a, b]],
    ['?room=a,b', 'ws', { query: `room=${a},${b}` }, [a, b]],
    ['?room=a,b&room=c', 'ws', { query: `room=${a},${b}&room=${c}` }, [a, b, c]],
    ['blank names', 'ws', { query: `room=&room=,${a},,%20,&room=${b}` }, [a, b]],
    ['general and repetitions', 'ws', { query: `room=general,${a},${b},${a}&room=${b}&room=general` }, [a, b]],
    ['?room=a,b', 'socketio', { query: `room=${a},${b}` }, [a, b]],
    ['auth.rooms, an array', 'socketio', { auth: { rooms: [a, b] } }, [a, b]],
    ['auth.rooms, a string', 'socketio', { auth: { rooms: `${a},${b}` } }, [a, b]],
    ['auth.room, a string', 'socketio', { auth: { room: `${a},${b}` } }, [a, b]],
    ['auth.room, an array', 'socketio', { auth: { room: [b, a] } }, [b, a]],
    ['blank names', 'socketio', { auth: { rooms: ['', a, '  ', b] } }, [a, b]],
    ['blank names in a string', 'socketio', { auth: { rooms: `,${a},, ,${b},` } }, [a, b]],
    ['general and repetitions', 'socketio', { auth: { rooms: ['general', a, b, a, 'general', b] } }, [a, b]],
  ];
  for (const [way, door, options, rooms] of ways) {
    it(`2.3 joins the rooms of ${way} (${door})`, async () => {
      const client = await connect(door, target(), options);
      await client.collect('user_list', rooms.length);
      await client.barrier();
      const lists = client.messages.filter(({ type }) => type === 'user_list');
      expect(lists.map(({ room }) => room)).to.deep.equal([undefined, ...rooms]);
      for (const room of rooms) await accepted(client, { type: 'chat', content: 'Hola', room });
    });
  }

  it('2.3 joins the rooms of ?room=a&room=b (socketio)', async () => {
    const engine = await Engine.connect(target(), `room=${a}&room=${b}`);
    engine.send('42["heartbeat"]');
    await engine.next('42["heartbeat"');
    expect(engine.messages('user_list').map(({ room }) => room)).to.deep.equal([undefined, a, b]);
    await engine.close();
  });

  byDoor((door) => {
    it(`2.3 an invalid name refuses the connection with invalid_room (${door})`, async () => {
      for (const name of ['a b', 'ñ', 'x'.repeat(129)]) {
        expect((await refusal(door, target(), { rooms: [unique('room'), name] })).code, name).to.equal('invalid_room');
      }
    });

    it(`2.3 a hundred rooms are joined, general and blank names not counted (${door})`, async () => {
      const rooms = [...HUNDRED, 'general', HUNDRED[0]!, ' '];
      const client = await connect(door, target(), { rooms });
      await client.collect('user_list', 100);
      await accepted(client, { type: 'chat', content: 'Hola', room: HUNDRED[99]! });
    });

    it(`2.3 more than a hundred rooms refuse the connection with room_limit (${door})`, async () => {
      const rooms = [...HUNDRED, unique('room')];
      expect((await refusal(door, target(), { rooms })).code).to.equal('room_limit');
    });
  });
});

conformance('2.4 What comes first', () => {
  acrossDoors((here, there) => {
    it(`2.4 the default room's list, each room's list in the order given, then live messages (${here}, while ${there} talks)`, async () => {
      const rooms = [unique('b'), unique('a'), unique('c')];
      const talker = await connect(there, target(), { rooms });
      let talking = true;
      const talk = async () => {
        while (talking) {
          await accepted(talker, { type: 'chat', content: 'Hola' });
          for (const room of rooms) await accepted(talker, { type: 'chat', content: 'Hola', room });
        }
      };
      const arrive = async () => {
        const clients = await Promise.all(Array.from({ length: 5 }, () => connect(here, target(), { rooms })));
        for (const client of clients) for (const room of rooms) await client.next({ type: 'chat', room });
        return clients;
      };
      const arrived = arrive().finally(() => {
        talking = false;
      });
      const [clients] = await Promise.all([arrived, talk()]);
      for (const { messages } of clients) {
        const first = messages.slice(0, 4).map(({ type, room }) => [type, room]);
        expect(first).to.deep.equal([undefined, ...rooms].map((room) => ['user_list', room]));
      }
    });

    it(`2.4 nothing of a room arrives before that room's list (${here} joins, while ${there} talks)`, async () => {
      const room = unique('room');
      const talker = await connect(there, target(), { rooms: [room] });
      const client = await connect(here, target());
      for (let index = 0; index < 20; index += 1) talker.send({ type: 'chat', content: `${index}`, room });
      client.send({ type: 'join', room });
      for (let index = 20; index < 40; index += 1) talker.send({ type: 'chat', content: `${index}`, room });
      await accepted(talker, { type: 'chat', content: 'last', room });
      await client.next({ type: 'user_list', room });
      await accepted(talker, { type: 'chat', content: 'later', room });
      await client.next({ type: 'chat', content: 'later', room });
      const ofRoom = client.messages.filter((message) => message.room === room);
      expect(ofRoom[0]!.type).to.equal('user_list');
      const contents = ofRoom.slice(1).map(({ content }) => content);
      const all = [...Array.from({ length: 40 }, (_, index) => `${index}`), 'last', 'later'];
      expect(contents).to.deep.equal(all.slice(all.length - contents.length));
    });
  });
});

const REFUSALS: [string, Options][] = [
  ['invalid_username', { username: 'system' }],
  ['invalid_user_id', { userId: 'a b' }],
  ['invalid_room', { rooms: ['a b'] }],
  ['room_limit', { rooms: [...HUNDRED, 'one-more'] }],
];

conformance('2.5 Refused connections', () => {
  for (const [code, options] of REFUSALS) {
    it(`2.5 /ws answers the upgrade with 400 and the error body: ${code} (ws)`, async () => {
      const { status, headers, body } = await refusal('ws', target(), options);
      expect(status).to.equal(400);
      expect(headers['content-type']).to.match(/^application\/json/);
      expectErrorBody(body, code);
    });

    it(`2.5 and 9.2 a plain GET of the same URL answers the same refusal: ${code}`, async () => {
      const url = wsUrl(options);
      const [plain, upgraded] = [await request(url), await upgrade(url)];
      expect(plain.status).to.equal(400);
      expectErrorBody(plain.body, code);
      expect(plain.body).to.equal(upgraded.body);
    });

    for (const transport of ['websocket', 'polling'] as const) {
      for (const sdk of [3, 4] as const) {
        it(`2.5 connect_error has data of code, message, retryable: ${code} (socketio ${sdk}, ${transport})`, async () => {
          const { data } = await refusal('socketio', target(), { ...options, transports: [transport], sdk });
          expectRefusalData(data, code);
        });
      }

      it(`2.5 a 2.x client gets the event error with the same data: ${code} (socketio 2, ${transport})`, async () => {
        const { data } = await refusal('socketio', target(), { ...options, transports: [transport], sdk: 2 });
        expectRefusalData(data, code);
      });
    }
  }

  byDoor((door) => {
    for (const [code, options] of REFUSALS) {
      it(`2.5 a refused connection joins nothing and is announced to nobody: ${code} (${door})`, async () => {
        const [room, username] = [unique('room'), unique('Nadie')];
        const observer = await connect('ws', target(), { rooms: [room] });
        const rooms = [...(options.rooms ?? []), room];
        await refusal(door, target(), { username, ...options, rooms });
        await accepted(observer, { type: 'chat', content: 'Hola', room });
        await observer.barrier();
        expectNone(observer, (m) => m.room === room && m.type === 'user_joined', 'announced in the room');
        expectNone(observer, (m) => m.type === 'user_joined' && dataKey(m, 'username') === username, 'announced');
        observer.send({ type: 'user_list', room });
        await observer.next({ type: 'user_list', room });
        expect(rowsOf(await observer.next({ type: 'user_list', room }))).to.have.lengthOf(1);
        observer.send({ type: 'user_list' });
        const names = rowsOf(await observer.next('user_list')).map((row) => row.username);
        expect(names).not.to.include(username);
      });
    }
  });

  withSettings('with CORS_ORIGINS', { corsOrigins: ['http://good.example'] }, (server) => {
    it('2.5 forbidden_origin: 403 by upgrade (ws)', async () => {
      const headers = { origin: 'http://evil.example' };
      const refusedBy = await refusal('ws', server().url, { headers });
      expect(refusedBy.status).to.equal(403);
      expectErrorBody(refusedBy.body, 'forbidden_origin');
    });

    it('2.5 forbidden_origin: 403 by a plain GET of /ws', async () => {
      const answer = await request(`${server().url}/ws`, { headers: { origin: 'http://evil.example' } });
      expect(answer.status).to.equal(403);
      expectErrorBody(answer.body, 'forbidden_origin');
    });

    for (const sdk of [2, 3, 4] as const) {
      for (const transport of ['websocket', 'polling'] as const) {
        // Where Node has a WebSocket of its own, 2.x takes that as in a browser, and no header can be given to it.
        if (sdk === 2 && transport === 'websocket' && 'WebSocket' in globalThis) continue;
        it(`2.5 forbidden_origin: connect_error with its data (socketio ${sdk}, ${transport})`, async () => {
          const headers = { origin: 'http://evil.example' };
          const { data } = await refusal('socketio', server().url, { headers, transports: [transport], sdk });
          expectRefusalData(data, 'forbidden_origin');
        });
      }
    }

    byDoor((door) => {
      it(`2.5 an allowed origin is let in (${door})`, async () => {
        await connect(door, server().url, { headers: { origin: 'http://good.example' } });
      });
    });
  });

  withSettings('with MAX_CONNECTIONS_PER_USER', { maxConnectionsPerUser: 1 }, (server) => {
    byDoor((taken) => {
      it(`2.5 rate_limited: 429 for another connection of the user, and nobody else (ws, after ${taken})`, async () => {
        const userId = unique('user');
        await connect(taken, server().url, { userId });
        const refusedBy = await refusal('ws', server().url, { userId });
        expect(refusedBy.status).to.equal(429);
        expectErrorBody(refusedBy.body, 'rate_limited');
        expect(refusedBy.headers['retry-after']).to.match(/^\d+$/);
        const answer = await request(`${server().url}/ws?userId=${userId}`);
        expect(answer.status).to.equal(429);
        await connect('ws', server().url, { userId: unique('user') });
        for (let index = 0; index < 3; index += 1) await connect('ws', server().url);
      });
    });
  });

  for (const [setting, settings, status, code] of [
    ['MAX_CONNECTIONS_PER_IP', { maxConnectionsPerIp: 1 }, 429, 'rate_limited'],
    ['MAX_CONNECTIONS', { maxConnections: 1 }, 503, 'over_capacity'],
  ] as const) {
    withSettings(`with ${setting}`, settings, (server) => {
      byDoor((taken) => {
        it(`2.5 ${code}: ${status}, its body and Retry-After (ws, after ${taken})`, async () => {
          const client = await connect(taken, server().url);
          const refusedBy = await refusal('ws', server().url);
          expect(refusedBy.status).to.equal(status);
          expectErrorBody(refusedBy.body, code);
          expect(refusedBy.headers['retry-after']).to.match(/^\d+$/);
          await leaveRoom(client.close(), server().url);
        });

        it(`2.5 and 9.2 ${code}: a plain GET of /ws answers the same (after ${taken})`, async () => {
          const client = await connect(taken, server().url);
          const answer = await request(`${server().url}/ws`);
          expect(answer.status).to.equal(status);
          expectErrorBody(answer.body, code);
          expect(answer.headers['retry-after']).to.match(/^\d+$/);
          await leaveRoom(client.close(), server().url);
        });

        for (const [transport, ask] of [
          ['websocket', upgrade],
          ['polling', request],
        ] as const) {
          it(`2.5 ${code}: ${status} before any session exists (socketio by ${transport}, after ${taken})`, async () => {
            const client = await connect(taken, server().url);
            const answer = await ask(`${server().url}/socket.io/?EIO=4&transport=${transport}`);
            expect(answer.status).to.equal(status);
            expectErrorBody(answer.body, code);
            expect(answer.headers['retry-after']).to.match(/^\d+$/);
            await leaveRoom(client.close(), server().url);
          });
        }

        it(`2.5 ${code}: a refused connection is not an active user (after ${taken})`, async () => {
          const client = await connect(taken, server().url);
          await refusal('ws', server().url);
          await request(`${server().url}/socket.io/?EIO=4&transport=polling`);
          const stats = json(await request(`${server().url}/ws/stats`));
          expect(stats).to.include({ active_users: 1, current_connections: 1 });
          await leaveRoom(client.close(), server().url);
        });
      });

      it(`2.5 ${code}: the place is free again when the connection has ended`, async () => {
        const client = await connect('socketio', server().url);
        await leaveRoom(client.close(), server().url);
        await connect('ws', server().url);
      });
    });
  }
});

withSettings('PROTOCOL.md 2.5 with MAX_CONNECTIONS=2', { maxConnections: 2 }, (server) => {
  afterEach(closeAll);

  it('2.5 of many at once no more are let in than there is place for', async () => {
    const arriving = Array.from({ length: 8 }, (_, index) => connect(DOORS[index % 2]!, server().url));
    const arrived = await Promise.allSettled(arriving);
    expect(arrived.filter(({ status }) => status === 'fulfilled')).to.have.lengthOf(2);
    const refusals = arrived.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
    for (const reason of refusals) expect(reason).to.be.instanceOf(Refused);
  });
});

withSettings('PROTOCOL.md 2.5 with MAX_CONNECTIONS_PER_IP=1', { maxConnectionsPerIp: 1 }, (server) => {
  afterEach(closeAll);

  it('2.1 the upgrade from polling is not one connection too many (socketio)', async () => {
    const client = await connect('socketio', server().url, { transports: ['polling', 'websocket'] });
    await reached(client, 'websocket');
  });
});

withSettings('PROTOCOL.md 10 NAMESPACE', { namespace: '/chat' }, (server) => {
  afterEach(closeAll);

  it('10 NAMESPACE: clients of the namespace meet those of the raw door (socketio)', async () => {
    const ben = await connect('ws', server().url);
    for (const sdk of [2, 3, 4] as const) {
      const ana = await connect('socketio', server().url, { sdk, namespace: '/chat' });
      const { id } = await accepted(ana, { type: 'chat', content: 'Hola' });
      expect(await ben.next({ id })).to.deep.equal(await ana.next({ id }));
    }
  });
});

/** Waits until the server has seen the end of its only connection. */
async function leaveRoom(closing: Promise<unknown>, url: string): Promise<void> {
  await closing;
  await eventually('no connection is open', async () => {
    return json(await request(`${url}/ws/stats`))['current_connections'] === 0;
  });
}

async function usernameOf(door: Door, options: Options): Promise<string> {
  const client = await connect(door, target(), options);
  const { id } = await accepted(client, { type: 'chat', content: 'Hola' });
  expect((await client.next({ id })).from).to.equal(rowsOf(client.welcome)[0]!.username);
  return rowsOf(client.welcome)[0]!.username;
}

function wsUrl({ username, userId, rooms = [] }: Options): string {
  const query = new URLSearchParams(rooms.map((room): [string, string] => ['room', room]));
  if (username !== undefined) query.set('username', username);
  if (userId !== undefined) query.set('userId', userId);
  return `${target()}/ws?${query}`;
}

function expectErrorBody(body: string | undefined, code: string): void {
  const { error } = JSON.parse(body ?? '') as { error: { code: string; message: string } };
  expect(error.code).to.equal(code);
  expect(error.message).to.be.a('string').and.not.equal('');
}

function expectRefusalData(data: unknown, code: string): void {
  expect(data).to.have.all.keys('code', 'message', 'retryable');
  expect(data).to.include({ code, retryable: false });
  expect((data as { message: unknown }).message)
    .to.be.a('string')
    .and.not.equal('');
}
