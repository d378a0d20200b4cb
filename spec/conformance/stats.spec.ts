import type { IncomingMessage } from 'node:http';
import { expect } from 'chai';
import { connect } from '../support/client.ts';
import { json, open, request } from '../support/http.ts';
import { unique } from '../support/messages.ts';
import { accepted, eventually, reached } from './answers.ts';
import { blocksOf, protocol } from './document.ts';
import { acrossDoors, byDoor, conformance, target, withSettings } from './target.ts';

const FIVE = [
  'total_connections',
  'current_connections',
  'messages_sent',
  'messages_received',
  'active_users',
] as const;

interface Stats extends Record<(typeof FIVE)[number], number> {
  success: boolean;
  rooms: number;
  uptime_seconds: number;
  transports: Record<'ws' | 'socketio', { current_connections: number; total_connections: number }>;
  errors: Record<string, number>;
  closes: Record<string, number>;
  data: Record<(typeof FIVE)[number], number>;
}

conformance('9.4 GET /ws/stats', () => {
  it('9.4 200 and JSON with Cache-Control: no-store', async () => {
    const answer = await request(`${target()}/ws/stats`);
    expect(answer.status).to.equal(200);
    expect(answer.headers['content-type']).to.match(/^application\/json/);
    expect(answer.headers['cache-control']).to.equal('no-store');
  });

  it('9.4 the keys of the document, in its order', async () => {
    const shown = blocksOf('http body').find(({ text }) => text.includes('total_connections'))!;
    const stats = json(await request(`${target()}/ws/stats`));
    expect(shape(stats)).to.deep.equal(shape(JSON.parse(shown.text) as object));
  });

  it('9.4 success is true, data holds the same five again, all are whole numbers', async () => {
    const stats = await statsOf(target());
    expect(stats.success).to.equal(true);
    for (const key of FIVE) {
      expect(stats.data[key], key).to.equal(stats[key]);
      expect(stats[key], key).to.satisfy((n: number) => Number.isInteger(n) && n >= 0);
    }
    expect(stats.rooms).to.satisfy(Number.isInteger);
    expect(stats.uptime_seconds).to.satisfy(Number.isFinite);
  });

  it('9.4 errors counts refusals by code, closes by the names of section 7', async () => {
    const client = await connect('ws', target());
    client.send({ type: 'nonsense' });
    await client.next('error');
    client.write(Buffer.from('binary'));
    await client.closed;
    const { errors, closes } = await statsOf(target());
    expect(errors['unknown_type']).to.be.at.least(1);
    expect(closes['unsupported_data']).to.be.at.least(1);
    expect(namesIn('4.3', '2.5')).to.include.members(Object.keys(errors));
    expect(namesIn('7')).to.include.members(Object.keys(closes));
    for (const count of [...Object.values(errors), ...Object.values(closes)])
      expect(count).to.satisfy(Number.isInteger);
  });

  it('9.4 both doors count together', async () => {
    await connect('ws', target());
    await connect('socketio', target());
    const { total_connections, current_connections, transports } = await statsOf(target());
    expect(total_connections).to.equal(transports.ws.total_connections + transports.socketio.total_connections);
    expect(current_connections).to.equal(transports.ws.current_connections + transports.socketio.current_connections);
  });

  it('9.4 no names of users or rooms appear', async () => {
    const [username, userId, room] = [unique('Ana'), unique('user'), unique('room')];
    const client = await connect('ws', target(), { username, userId, rooms: [room] });
    await accepted(client, { type: 'chat', content: 'Hola', room });
    const { body } = await request(`${target()}/ws/stats`);
    for (const name of [username, userId, room]) expect(body).not.to.include(name);
  });

  it('9.4 readable by CORS from every allowed origin, which by default is any', async () => {
    const answer = await request(`${target()}/ws/stats`, { headers: { origin: 'http://any.example' } });
    expect(answer.headers['access-control-allow-origin']).to.be.oneOf(['*', 'http://any.example']);
  });

  withSettings('with CORS_ORIGINS', { corsOrigins: ['http://good.example', 'http://other.example'] }, (server) => {
    it('9.4 readable by CORS from every allowed origin, and from no other', async () => {
      const allowed = async (origin: string) =>
        (await request(`${server().url}/ws/stats`, { headers: { origin } })).headers['access-control-allow-origin'];
      expect(await allowed('http://good.example')).to.equal('http://good.example');
      expect(await allowed('http://other.example')).to.equal('http://other.example');
      expect(await allowed('http://evil.example')).not.to.be.oneOf(['*', 'http://evil.example']);
    });
  });

  byDoor((door) => {
    it(`9.4 at least what this client did is counted (${door})`, async () => {
      const before = await statsOf(target());
      const client = await connect(door, target(), { userId: unique('user') });
      for (let index = 0; index < 10; index += 1) client.send({ type: 'heartbeat' });
      await client.collect('heartbeat', 10);
      const after = await statsOf(target());
      expect(after.total_connections - before.total_connections).to.be.at.least(1);
      expect(after.messages_received - before.messages_received).to.be.at.least(10);
      expect(after.messages_sent - before.messages_sent).to.be.at.least(11);
      const of = (stats: Stats) => stats.transports[door].total_connections;
      expect(of(after) - of(before)).to.be.at.least(1);
    });
  });

  withSettings('of a server of our own', {}, (server) => {
    acrossDoors((here, there) => {
      it(`9.4 the five numbers, exactly (${here} and ${there})`, async () => {
        await empty(server().url);
        const before = await statsOf(server().url);
        const ana = await connect(here, server().url, { userId: unique('user') });
        const ben = await connect(there, server().url, { userId: unique('user') });
        const anita = await connect(there, server().url, { userId: ana.userId });
        await ana.next('user_joined');
        // Sent: three lists, and Ben's coming to Ana.
        expect(await since(before, server().url)).to.deep.equal([3, 3, 4, 0, 2]);
        const connected = await statsOf(server().url);
        ana.send({ type: 'chat', content: 'Hola' });
        for (const client of [ana, ben, anita]) await client.next('chat');
        expect(await since(connected, server().url), 'a chat to three').to.deep.equal([0, 0, 3, 1, 0]);
        ben.send({ type: 'chat', content: 'Hola', to: ana.userId });
        for (const client of [ana, ben, anita]) await client.next('chat');
        expect(await since(connected, server().url), 'a direct message to three').to.deep.equal([0, 0, 6, 2, 0]);
        ben.send({ type: 'nonsense' });
        await ben.next('error');
        expect(await since(connected, server().url), 'a refused request').to.deep.equal([0, 0, 7, 3, 0]);
        const count = ({ errors }: Stats) => errors['unknown_type'] ?? 0;
        expect(count(await statsOf(server().url)) - count(connected)).to.equal(1);
      });

      it(`9.4 the numbers of now go back when connections end, those since the start do not (${here} and ${there})`, async () => {
        await empty(server().url);
        const before = await statsOf(server().url);
        const userId = unique('user');
        const clients = [await connect(here, server().url, { userId }), await connect(there, server().url, { userId })];
        expect((await statsOf(server().url)).active_users).to.equal(1);
        await clients[0]!.close();
        await eventually('one is left', async () => (await statsOf(server().url)).current_connections === 1);
        expect((await statsOf(server().url)).active_users).to.equal(1);
        await clients[1]!.close();
        await empty(server().url);
        const { total_connections, active_users } = await statsOf(server().url);
        expect([total_connections - before.total_connections, active_users]).to.deep.equal([2, 0]);
      });
    });

    it('9.4 a connection that moves from polling to websocket is one connection (socketio)', async () => {
      await empty(server().url);
      const before = await statsOf(server().url);
      const client = await connect('socketio', server().url, { transports: ['polling', 'websocket'] });
      await reached(client, 'websocket');
      expect((await since(before, server().url)).slice(0, 2)).to.deep.equal([1, 1]);
      expect((await statsOf(server().url)).transports.socketio.current_connections).to.equal(1);
    });

    it('9.2 GET /ws without an upgrade is no connection', async () => {
      await empty(server().url);
      const before = await statsOf(server().url);
      await request(`${server().url}/ws`);
      await request(`${server().url}/ws?username=system`);
      expect(await since(before, server().url)).to.deep.equal([0, 0, 0, 0, 0]);
    });

    it('2.5 a refused connection is not an active user, nor open', async () => {
      await empty(server().url);
      for (const door of ['ws', 'socketio'] as const) {
        await connect(door, server().url, { username: 'system' }).catch(() => {});
      }
      await empty(server().url);
      expect(await statsOf(server().url)).to.include({ active_users: 0 });
    });
  });

  it('9.4 as a stream: data: and the same JSON on one line and a blank line, at once and each second', async () => {
    const started = Date.now();
    const response = await open(`${target()}/ws/stats`, { headers: { accept: 'text/event-stream' } });
    expect(response.statusCode).to.equal(200);
    expect(response.headers['content-type']).to.match(/^text\/event-stream/);
    const [times, totals]: [number[], number[]] = [[], []];
    for await (const event of events(response, 2)) {
      times.push(Date.now() - started);
      expect(event).to.match(/^data: \{.*\}$/);
      const stats = JSON.parse(event.slice(6)) as Stats;
      expect(Object.keys(stats)).to.deep.equal(Object.keys(await statsOf(target())));
      totals.push(stats.total_connections);
      if (totals.length === 1) await connect('ws', target());
    }
    expect(times[0]).to.be.below(500);
    expect(times[1]! - times[0]!).to.be.within(700, 1500);
    expect(totals[1]! - totals[0]!).to.be.at.least(1);
  });

  it('9.4 the stream, too, is readable by CORS', async () => {
    const headers = { accept: 'text/event-stream', origin: 'http://any.example' };
    const response = await open(`${target()}/ws/stats`, { headers });
    response.destroy();
    expect(response.headers['access-control-allow-origin']).to.be.oneOf(['*', 'http://any.example']);
  });
});

/** The names in code style that stand in sections of the document. */
function namesIn(...sections: string[]): string[] {
  const texts = sections.map((section) => protocol.split(`## ${section} `)[1]!.split('\n##')[0]!);
  return texts.flatMap((text) => [...text.matchAll(/`([a-z_]+)`/g)].map((name) => name[1]!));
}

async function statsOf(url: string): Promise<Stats> {
  return json<Stats>(await request(`${url}/ws/stats`));
}

/** How much each of the five has grown. */
async function since(before: Stats, url: string): Promise<number[]> {
  const now = await statsOf(url);
  return FIVE.map((key) => now[key] - before[key]);
}

/** Waits until the server has seen the end of all connections of earlier cases. */
async function empty(url: string): Promise<void> {
  await eventually('no connection is open', async () => (await statsOf(url)).current_connections === 0);
}

/** So many events of a stream, each without the blank line that ends it. */
async function* events(response: IncomingMessage, count: number): AsyncGenerator<string> {
  let text = '';
  let seen = 0;
  for await (const chunk of response) {
    text += chunk;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      yield text.slice(0, end);
      text = text.slice(end + 2);
      seen += 1;
      if (seen === count) return;
    }
  }
}

/** The keys in their order, of the statistics and of their parts; errors and closes have those that there were. */
function shape(stats: object): unknown {
  const parts = Object.entries(stats).filter(([key]) => key === 'data' || key === 'transports');
  return [
    Object.keys(stats),
    ...parts.map(([, part]) => [Object.keys(part as object), JSON.stringify(part).replace(/\d+/g, '0')]),
  ];
}
