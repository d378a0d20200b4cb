import { expect } from 'chai';
import { connect, refusal } from '../support/client.ts';
import { json, request } from '../support/http.ts';
import { dataKey, unique } from '../support/messages.ts';
import { blocksOf } from './document.ts';
import { byDoor, conformance, target, withSettings } from './target.ts';

const KEY = 'a-key-of-conformance';

conformance('9.10 to 9.13 Administration', () => {
  it('9.10 without a right key nothing is told: 404 where there is none, else 401', async () => {
    for (const path of ['/api/messages', '/api/users', '/api/rooms', '/api/users/123/disconnect']) {
      const headers = { authorization: 'Bearer none-that-there-is' };
      expect((await request(target() + path, { headers })).status, path).to.be.oneOf([401, 404, 429]);
    }
  });

  withSettings('with API_KEYS', { apiKeys: KEY }, (server) => {
    const ask = (path: string, body?: string) =>
      request(server().url + path, {
        method: body === undefined ? 'GET' : 'POST',
        headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
        ...(body !== undefined && { body }),
      });
    const shown = (part: string) => blocksOf('http body').find(({ text }) => text.includes(part))!.text;
    const keysOf = (text: string) => Object.keys(JSON.parse(text) as object);

    byDoor((door) => {
      it(`9.11 the message shown is heard, answered as shown, and said once (${door})`, async () => {
        const client = await connect(door, server().url, { rooms: ['ci'] });
        const body = shown('"Build ready"').replace('build-7', unique('build'));
        const first = await ask('/api/messages', body);
        expect(first.status).to.equal(201);
        expect(keysOf(first.body)).to.deep.equal(['id', 'timestamp']);
        const heard = await client.next('notification');
        expect(heard).to.deep.include({ content: 'Build ready', from: 'system', room: 'ci', ...json(first) });
        const again = await ask('/api/messages', body);
        expect([again.status, json(again)]).to.deep.equal([200, { ...json(first), duplicate: true }]);
      });

      it(`9.13 the request shown disconnects and bars (${door})`, async () => {
        const userId = unique('user');
        const client = await connect(door, server().url, { userId });
        const answer = await ask(`/api/users/${userId}/disconnect`, shown('"barFor"'));
        expect(keysOf(answer.body)).to.deep.equal(keysOf(shown('"barredUntil"')));
        expect(dataKey(await client.next('system'), 'code')).to.equal('kicked');
        await client.closed;
        const refused = await refusal(door, server().url, { userId });
        expect(refused.code ?? (refused.data as { code: string }).code).to.equal('forbidden');
      });
    });

    it('9.12 users and rooms have the keys shown', async () => {
      await connect('ws', server().url, { rooms: ['ci'] });
      for (const [path, part, list] of [
        ['/api/users?room=ci', '"userId":"123","username"', 'users'],
        ['/api/rooms', '"rooms":[{', 'rooms'],
      ] as const) {
        const [answer, example] = [(await ask(path)).body, shown(part)];
        expect(keysOf(answer)).to.deep.equal(keysOf(example));
        const first = (text: string) => (JSON.parse(text) as Record<string, object[]>)[list]![0]!;
        expect(Object.keys(first(answer))).to.deep.equal(Object.keys(first(example)));
      }
    });
  });
});
