import { expect } from 'chai';
import { closeAll, connect, DOORS, type Door, type Options, refusal } from '../support/client.ts';
import { json, request } from '../support/http.ts';
import { dataKey, idsOf, unique } from '../support/messages.ts';
import type { Running } from '../support/server.ts';
import { inSeconds, SECRET, tokenOf } from '../support/tokens.ts';
import { accepted, refused } from './answers.ts';
import { byDoor, withSettings } from './target.ts';

/** The claim that says what its bearer may do is this server's own (docs/auth.md): the document only tells what follows. */
const GUEST = { ambos: { join: ['team-*'], read: ['team-*'], write: ['team-*'], send: ['chat'] } };

withSettings('PROTOCOL.md 2.8 tokens and permissions, with authentication on', { jwtSecret: SECRET }, (server) => {
  afterEach(closeAll);
  const come = (door: Door, token: string, options?: Options) =>
    connect(door, url(server), { ...options, ...bearing(door, token, options) });

  byDoor((door) => {
    for (const [what, makeToken] of [
      ['no token', async () => ''],
      ['one that is not good', async () => 'not.a.token'],
      ['one that has expired', () => tokenOf('ana', { exp: inSeconds(-1) })],
    ] as const) {
      it(`2.5 unauthorized: ${what} (${door})`, async () => {
        const { code, status, body, data } = await refusal(door, url(server), bearing(door, await makeToken()));
        expect(code).to.equal('unauthorized');
        if (door === 'socketio') expect(data).to.deep.equal({ code, message: 'Token inválido', retryable: false });
        else expect([status, JSON.parse(body!)]).to.deep.equal([401, { error: { code, message: 'Token inválido' } }]);
      });
    }

    it(`2.8 the token says who one is; the username of the handshake counts where it has none (${door})`, async () => {
      const [sub, other] = [unique('ana'), unique('bo')];
      const ana = await come(door, await tokenOf(sub, { name: 'Ana' }), { username: 'Eve', userId: other });
      expect((ana.welcome.data as unknown[])[0]).to.deep.equal({ id: sub, username: 'Ana', status: 'online' });
      const bo = await come(door, await tokenOf(other), { username: 'Bo' });
      expect((bo.welcome.data as unknown[])[0]).to.deep.equal({ id: other, username: 'Bo', status: 'online' });
    });

    it(`2.8 forbidden: what the token does not permit; heartbeat, lists and leave always are (${door})`, async () => {
      const ana = await come(door, await tokenOf(unique('ana'), GUEST), { rooms: ['team-1'] });
      for (const message of [
        { type: 'join', room: 'board' },
        { type: 'chat', content: 'x' },
        { type: 'notification', content: 'x', room: 'team-1' },
      ]) {
        expect((await refused(ana, message)).code, JSON.stringify(message)).to.equal('forbidden');
      }
      await accepted(ana, { type: 'chat', content: 'x', room: 'team-1' });
      for (const type of ['heartbeat', 'user_list']) await accepted(ana, { type });
      await accepted(ana, { type: 'leave', room: 'team-1' });
    });

    it(`2.3 forbidden: a room of the handshake that may not be joined (${door})`, async () => {
      const token = await tokenOf(unique('ana'), GUEST);
      const { code } = await refusal(door, url(server), {
        ...bearing(door, token, { rooms: ['board'] }),
        rooms: ['board'],
      });
      expect(code).to.equal('forbidden');
    });

    it(`5.6 a renewed token counts at once; what it does not permit is left before the receipt (${door})`, async () => {
      const sub = unique('ana');
      const ana = await come(door, await tokenOf(sub), { rooms: ['team-1', 'board'] });
      await accepted(ana, { type: 'auth', token: await tokenOf(sub, GUEST) });
      const left = ana.messages.find(({ type, room }) => type === 'user_left' && room === 'board');
      expect(dataKey(left!, 'userId')).to.equal(sub);
      expect((await refused(ana, { type: 'chat', content: 'x' })).code).to.equal('forbidden');
      await accepted(ana, { type: 'chat', content: 'x', room: 'team-1' });
    });

    it(`5.6 unauthorized: a token that is not good, or another user’s; the connection lives on (${door})`, async () => {
      const ana = await come(door, await tokenOf(unique('ana')));
      for (const token of ['not.a.token', await tokenOf(unique('bo'))]) {
        const error = await refused(ana, { type: 'auth', token });
        expect(error).to.include({ code: 'unauthorized', retryable: false });
      }
      await accepted(ana, { type: 'chat', content: 'x' });
    });

    it(`11.1 what was missed in a room that may not be read is not replayed: forbidden (${door})`, async () => {
      const sub = unique('ana');
      const ana = await come(door, await tokenOf(sub), { query: { session: '' } });
      const lastId = ana.messages.at(-1)!.id;
      const bo = await come(door, await tokenOf(unique('bo')));
      await accepted(bo, { type: 'chat', content: 'hola' });
      ana.drop();
      const back = await come(door, await tokenOf(sub, GUEST), { query: { lastId } });
      expect(back.welcome).to.include({ recovered: false, reason: 'forbidden' });
      expect(idsOf(back.welcome)).to.include(sub);
    });
  });

  it('2.8 the end of a token is told with whole seconds, then the connection is closed', async () => {
    const token = await tokenOf(unique('ana'), { exp: inSeconds(2) });
    for (const ana of await Promise.all(DOORS.map((door) => come(door, token)))) {
      const { content, data, from } = await ana.next('system');
      const { expiresIn } = data as { expiresIn: number };
      expect([from, data]).to.deep.equal(['system', { code: 'token_expiring', expiresIn }]);
      expect(expiresIn).to.be.within(1, 2);
      expect(content).to.include(String(expiresIn));
      if (ana.door === 'socketio') expect(dataKey(await ana.next('error'), 'code')).to.equal('token_expired');
      const { code, reason } = await ana.closed;
      if (ana.door === 'ws') expect([code, reason]).to.deep.equal([4009, 'token_expired']);
    }
  });

  it('9.8 history: unauthorized without a token, forbidden where it is not permitted', async () => {
    const token = await tokenOf(unique('ana'), GUEST);
    const ask = async (query: string) => json(await request(`${url(server)}/ws/history?${query}`));
    expect(await ask('room=team-1')).to.have.nested.property('error.code', 'unauthorized');
    expect(await ask(`token=${token}&room=board`)).to.have.nested.property('error.code', 'forbidden');
    expect(await ask(`token=${token}`)).to.have.nested.property('error.code', 'forbidden');
    expect(await ask(`token=${token}&room=team-1`)).to.have.property('room', 'team-1');
  });
});

function url(server: () => Running): string {
  return server().url;
}

function bearing(door: Door, token: string, { username, userId, rooms }: Options = {}): Options {
  if (door === 'ws') return token ? { headers: { authorization: `Bearer ${token}` } } : {};
  return { auth: { token, ...(username && { username }), ...(userId && { userId }), ...(rooms && { rooms }) } };
}
