import { expect } from 'chai';
import { connect, type RawClient } from '../support/client.ts';
import { Engine } from '../support/engine.ts';
import { request } from '../support/http.ts';
import { dataKey, unique } from '../support/messages.ts';
import { Tcp } from '../support/tcp.ts';
import { conformance, target, withSettings } from './target.ts';

const [PING_INTERVAL, PING_TIMEOUT] = [100, 400];
/** Longer than one lives that says nothing. */
const LONGER_THAN_SILENT = 1.6 * (PING_INTERVAL + PING_TIMEOUT);

conformance('2.6 Staying connected', () => {
  it('2.6 the server pings every 25 s and waits 20 s more, as Engine.IO tells (socketio)', async () => {
    const { body } = await request(`${target()}/socket.io/?EIO=4&transport=polling`);
    expect(JSON.parse(body.slice(1))).to.include({ pingInterval: 25_000, pingTimeout: 20_000 });
  });

  withSettings('with a short PING_INTERVAL', { pingInterval: PING_INTERVAL, pingTimeout: PING_TIMEOUT }, (server) => {
    it('2.6 the server sends ping frames, and pongs are life enough (ws)', async () => {
      const client = await connect('ws', server().url);
      await pings(client, 4);
      await client.barrier();
    });

    it('2.6 one that stays silent is closed with 4012 no_heartbeat; 5.5 and with it ends its presence (ws)', async () => {
      const observer = await connect('ws', server().url);
      const userId = unique('user');
      const started = Date.now();
      const client = await connect('ws', server().url, { autoPong: false, userId });
      expect(await client.closed).to.deep.equal({ code: 4012, reason: 'no_heartbeat' });
      expect(Date.now() - started).to.be.at.least(PING_INTERVAL + PING_TIMEOUT - 20);
      await observer.next((m) => m.type === 'user_left' && dataKey(m, 'userId') === userId);
    });

    it('2.6 any frame counts as life: a message, a refused one, a ping of its own (ws)', async () => {
      const connecting = Array.from({ length: 3 }, () => connect('ws', server().url, { autoPong: false }));
      const [talking, mumbling, pinging] = (await Promise.all(connecting)) as [RawClient, RawClient, RawClient];
      await whileSending(() => {
        talking.send({ type: 'heartbeat' });
        mumbling.write('nonsense');
        pinging.ws.ping();
      });
      for (const client of [talking, mumbling, pinging]) await client.barrier();
    });

    it('2.6 no client ever needs to send the heartbeat message (socketio 2, 3 and 4, by either transport)', async () => {
      const ways = ([2, 3, 4] as const).flatMap((sdk) => [
        connect('socketio', server().url, { sdk, transports: ['websocket'] }),
        connect('socketio', server().url, { sdk, transports: ['polling'] }),
      ]);
      const clients = await Promise.all(ways);
      await delay(LONGER_THAN_SILENT);
      for (const client of clients) await client.barrier();
    });

    it('2.6 one that stays silent is ended by Engine.IO, without a word; 5.5 and its presence (socketio)', async () => {
      const observer = await connect('ws', server().url);
      const userId = unique('user');
      const started = Date.now();
      const engine = await Engine.connect(server().url, `userId=${userId}`);
      await engine.closed;
      expect(Date.now() - started).to.be.at.least(PING_INTERVAL + PING_TIMEOUT - 20);
      expect(engine.messages('error')).to.deep.equal([]);
      expect(engine.packets, 'a client that is told to disconnect would not reconnect').not.to.include('41');
      await observer.next((m) => m.type === 'user_left' && dataKey(m, 'userId') === userId);
    });
  });

  withSettings('with a short HANDSHAKE_TIMEOUT', { handshakeTimeout: 200 }, (server) => {
    it('2.6 a connection that sends nothing is dropped', async () => {
      await new Tcp(server().url).closed;
    });

    it('2.6 a connection that sends half a handshake is dropped (ws)', async () => {
      const tcp = new Tcp(server().url);
      tcp.handshake('', 60);
      await tcp.closed;
    });

    it('2.6 a session that never connects to the namespace is dropped (socketio)', async () => {
      const engine = new Engine(server().url);
      await engine.closed;
    });

    it('2.6 a polling session that never connects to the namespace is dropped (socketio)', async () => {
      const address = `${server().url}/socket.io/?EIO=4&transport=polling`;
      const { sid } = JSON.parse((await request(address)).body.slice(1)) as { sid: string };
      await request(`${address}&sid=${sid}`); // held by the server until it has something to say
      expect((await request(`${address}&sid=${sid}`)).status).to.equal(400);
    });

    it('2.6 one that has completed its handshake stays', async () => {
      const clients = [await connect('ws', server().url), await connect('socketio', server().url)];
      await delay(400);
      for (const client of clients) await client.barrier();
    });
  });
});

async function pings(
  client: { pings: number; ws: { once(event: 'ping', listener: () => void): unknown } },
  count: number,
) {
  while (client.pings < count) await new Promise<void>((resolve) => client.ws.once('ping', resolve));
}

/** Sends again and again. */
async function whileSending(send: () => void): Promise<void> {
  const end = Date.now() + LONGER_THAN_SILENT;
  while (Date.now() < end) {
    send();
    await delay(PING_INTERVAL / 2);
  }
}

/** Time is the very thing that these cases are about; nothing else waits by the clock. */
function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
