import { expect } from 'chai';
import type { ConnectError } from '../../src/client/index.ts';
import { eachInItsWorld, heard, type World } from './world.ts';

describe('the client’s connection', () => {
  let world: World;
  eachInItsWorld((fresh) => {
    world = fresh;
  });

  describe('begins', () => {
    it('with the first user_list: connect, then the list itself', async () => {
      const client = world.io();
      const calls = heard(client, 'connect', 'user_list');
      const ws = await world.socket();
      expect(client.connected).to.equal(false);
      ws.welcome();
      expect(client.connected).to.equal(true);
      expect(calls.map(([event]) => event)).to.deep.equal(['connect', 'user_list']);
      expect(client.userId).to.equal('ana');
    });

    it('once', async () => {
      const { client, ws } = await world.connected();
      const calls = heard(client, 'connect');
      ws.welcome();
      client.connect();
      await world.settle();
      expect([calls.length, world.sockets.length]).to.deep.equal([0, 1]);
    });

    it('not before the list, whatever else comes', async () => {
      const client = world.io();
      const calls = heard(client, 'connect', 'chat');
      (await world.socket()).give('chat');
      expect([calls.length, client.connected]).to.deep.equal([0, false]);
    });

    it('not where it was called off before, or by a listener', async () => {
      const early = world.io();
      const calls = heard(early, 'connect', 'user_list');
      const ws = await world.socket();
      early.disconnect();
      ws.welcome();
      const late = world.io();
      late.on('connect', () => late.disconnect());
      const lists = heard(late, 'user_list');
      (await world.socket()).welcome();
      expect([calls, lists]).to.deep.equal([[], []]);
    });

    it('within a time, else it is tried again', async () => {
      const client = world.io({ timeout: 3000 });
      const errors = heard(client, 'connect_error');
      const ws = await world.socket();
      await world.advance(3000);
      expect(errors[0]?.[1]).to.include({ code: 'timeout', retryable: true });
      expect(ws.closes).to.deep.equal([undefined]);
      await world.advance(500);
      expect(world.sockets).to.have.length(2);
    });

    it('also where asking who it is takes too long', async () => {
      const client = world.io({ auth: () => new Promise(() => {}) });
      const errors = heard(client, 'connect_error');
      await world.settle();
      await world.advance(20_000);
      expect(errors).to.have.length(1);
    });
  });

  describe('comes back', () => {
    for (const [code, reason] of [
      [1000, ''],
      [1001, 'going_away'],
      [1002, ''],
      [1005, ''],
      [1006, ''],
      [1011, ''],
      [1012, ''],
      [1013, 'try_again_later'],
      [4008, 'slow_consumer'],
      [4009, 'token_expired'],
      [4499, ''],
    ] as const) {
      it(`after ${code} ${reason}`, async () => {
        const { client, ws } = await world.connected();
        const calls = heard(client, 'disconnect');
        ws.end(code, reason);
        expect(calls).to.deep.equal([['disconnect', 'transport close', { code, reason }]]);
        expect([client.connected, client.active]).to.deep.equal([false, true]);
        await world.advance(500);
        expect(world.sockets).to.have.length(2);
      });
    }

    for (const [code, reason] of [
      [4500, 'invalid_token'],
      [4503, 'kicked'],
      [4504, 'replaced'],
      [4999, ''],
    ] as const) {
      it(`not after ${code} ${reason}, until it is told to`, async () => {
        const { client, ws } = await world.connected();
        const calls = heard(client, 'disconnect');
        ws.end(code, reason);
        expect(calls).to.deep.equal([['disconnect', 'io server disconnect', { code, reason }]]);
        expect([client.connected, client.active, world.clock.pending]).to.deep.equal([false, false, 0]);
        client.connect();
        await world.settle();
        expect(world.sockets).to.have.length(2);
      });
    }

    it('not when it left by itself', async () => {
      const { client, ws } = await world.connected();
      const calls = heard(client, 'disconnect');
      client.disconnect().close();
      expect(calls).to.deep.equal([['disconnect', 'io client disconnect', { code: 1000, reason: '' }]]);
      expect([client.connected, client.active, world.clock.pending]).to.deep.equal([false, false, 0]);
      expect(ws.closes).to.deep.equal([1000]);
      ws.end(1000);
      expect(calls).to.have.length(1);
    });

    it('not with reconnection: false', async () => {
      const { client, ws } = await world.connected({ reconnection: false });
      ws.end();
      expect([client.active, world.clock.pending]).to.deep.equal([false, 0]);
    });

    it('where a listener says so, too', async () => {
      const { client, ws } = await world.connected();
      client.on('disconnect', () => client.connect());
      ws.end(4503, 'kicked');
      await world.settle();
      expect(world.sockets).to.have.length(2);
    });

    it('not where a listener has called it off', async () => {
      const { client, ws } = await world.connected();
      client.on('disconnect', () => client.disconnect());
      ws.end();
      expect(world.clock.pending).to.equal(0);
    });

    it('after the close, not already after the error before it', async () => {
      const { client, ws } = await world.connected();
      ws.error();
      await world.settle();
      expect([client.connected, world.requests.length]).to.deep.equal([true, 0]);
    });

    it('and hears nothing more from the connection before', async () => {
      const { client, ws } = await world.connected();
      ws.end();
      await world.advance(500);
      const calls = heard(client, 'chat', 'disconnect');
      ws.give('chat');
      ws.end();
      expect(calls).to.deep.equal([]);
    });
  });

  describe('pauses', () => {
    const pauseOf = async (failures: number) => {
      for (let i = 0; i < failures; i++) {
        (await world.socket()).end();
        await world.settle();
        if (i < failures - 1) await world.advance(10_000);
      }
      const before = world.sockets.length;
      let ms = 0;
      for (; world.sockets.length === before; ms += 50) await world.advance(50);
      return ms;
    };

    for (const [failures, longest] of [
      [1, 500],
      [2, 1000],
      [3, 2000],
      [5, 8000],
      [6, 10_000],
      [50, 10_000],
    ] as const) {
      it(`${longest} ms at most after failure ${failures}`, async () => {
        world.io();
        expect(await pauseOf(failures)).to.equal(longest);
      });
    }

    it('a random part of it', async () => {
      world.chance = 0.3;
      world.io();
      expect(await pauseOf(2)).to.equal(300);
    });

    it('as the options say', async () => {
      world.io({ reconnectionDelay: 100, reconnectionDelayMax: 250 });
      expect(await pauseOf(3)).to.equal(250);
    });

    it('grow also where the server lets it in and throws it out again', async () => {
      world.io();
      for (const pause of [500, 1000, 2000]) {
        const ws = await world.socket();
        ws.welcome();
        ws.end(4008);
        await world.advance(pause - 1);
        expect(world.sockets.at(-1)).to.equal(ws);
        await world.advance(1);
      }
    });

    it('begin anew when it is told to connect', async () => {
      const client = world.io();
      await pauseOf(4);
      client.disconnect().connect();
      expect(await pauseOf(1)).to.equal(500);
    });

    it('begin anew once a connection has stood', async () => {
      world.io();
      await pauseOf(4);
      const ws = await world.socket();
      ws.welcome();
      await world.advance(10_000);
      ws.end();
      await world.advance(500);
      expect(world.sockets.at(-1)).not.to.equal(ws);
    });
  });

  describe('refused', () => {
    const refusedWith = async (status: number, body: unknown, headers: Record<string, string> = {}) => {
      world.answer = { status, body, headers };
      const client = world.io({ auth: { username: 'Ana' } });
      const errors = heard(client, 'connect_error');
      (await world.socket()).end();
      await world.settle();
      return { client, error: errors[0]?.[1] as ConnectError };
    };
    const error = (code: string, message = 'Words') => ({ error: { code, message } });

    for (const [status, code] of [
      [400, 'invalid_username'],
      [401, 'unauthorized'],
      [403, 'forbidden_origin'],
    ] as const) {
      it(`with ${status} it stays away, until it is told to try again`, async () => {
        const { client, error: said } = await refusedWith(status, error(code));
        expect(said).to.be.an('error').with.property('message', 'Words');
        expect(said.data).to.deep.include({ code, message: 'Words', retryable: false });
        expect(said).to.include({ code, retryable: false });
        expect([client.active, world.clock.pending]).to.deep.equal([false, 0]);
        client.connect();
        await world.settle();
        expect(world.sockets).to.have.length(2);
      });
    }

    for (const [status, code] of [
      [426, 'upgrade_required'],
      [429, 'rate_limited'],
      [503, 'over_capacity'],
    ] as const) {
      it(`with ${status} it tries again`, async () => {
        const { client, error: said } = await refusedWith(status, error(code));
        expect(said).to.include({ code, retryable: true });
        expect(client.active).to.equal(true);
        await world.advance(500);
        expect(world.sockets).to.have.length(2);
      });
    }

    it('it asks the same URL by HTTP, with the token in a header', async () => {
      world.io({ auth: { username: 'Ana', token: 'abc' } });
      const ws = await world.socket();
      ws.end();
      await world.settle();
      const url = ws.url.href.replace('ws:', 'http:');
      expect(world.requests).to.deep.equal([{ url, headers: { Authorization: 'Bearer abc' } }]);
    });

    it('it asks also where there was an error and no close, as with Node’s own WebSocket', async () => {
      const client = world.io();
      const errors = heard(client, 'connect_error');
      (await world.socket()).error();
      await world.settle();
      expect([errors.length, world.requests.length]).to.deep.equal([1, 1]);
    });

    it('by a proxy without words of Ambos’s it tries again', async () => {
      const { client, error: said } = await refusedWith(502, '<h1>Bad Gateway</h1>');
      expect(said).to.include({ code: 'unreachable', message: 'HTTP 502', retryable: true });
      expect(client.active).to.equal(true);
    });

    it('where nobody answers it tries again', async () => {
      const client = world.io();
      const errors = heard(client, 'connect_error');
      (await world.socket()).end();
      await world.settle();
      expect(errors[0]?.[1]).to.include({ code: 'unreachable', retryable: true });
    });

    it('by a close before the list it does as the code says', async () => {
      const client = world.io();
      const errors = heard(client, 'connect_error');
      (await world.socket()).end(4500, 'invalid_token');
      await world.settle();
      expect(errors[0]?.[1]).to.include({ code: 'invalid_token', retryable: false });
      expect([client.active, world.requests.length]).to.deep.equal([false, 0]);
    });

    it('it waits as long as Retry-After says, and a little more', async () => {
      await refusedWith(503, error('over_capacity'), { 'Retry-After': '30' });
      await world.advance(30_499);
      expect(world.sockets).to.have.length(1);
      await world.advance(1);
      expect(world.sockets).to.have.length(2);
    });

    it('it waits so long whatever the page does', async () => {
      await refusedWith(503, error('over_capacity'), { 'Retry-After': '30' });
      world.page.dispatchEvent(new Event('online'));
      await world.settle();
      expect(world.sockets).to.have.length(1);
    });

    it('it listens to nobody who asked for a connection that was called off', async () => {
      const client = world.io();
      const errors = heard(client, 'connect_error');
      const ws = await world.socket();
      ws.end();
      client.disconnect();
      await world.settle();
      expect([errors, world.clock.pending]).to.deep.equal([[], 0]);
    });
  });

  for (const signal of ['online', 'visibilitychange', 'pageshow']) {
    describe(`on the page’s ${signal}`, () => {
      const fire = async () => {
        world.page.dispatchEvent(new Event(signal));
        await world.settle();
      };

      it('does not wait for the end of the pause', async () => {
        const { ws } = await world.connected();
        ws.end();
        await fire();
        expect(world.sockets).to.have.length(2);
        await world.advance(500);
        expect(world.sockets).to.have.length(2);
      });

      it('is asked for a sign of life, whatever came before', async () => {
        const { client, ws } = await world.connected();
        ws.give('chat');
        const calls = heard(client, 'disconnect');
        await fire();
        expect(ws.sent.map(({ type }) => type)).to.deep.equal(['heartbeat']);
        await world.advance(10_000);
        expect(calls[0]?.[1]).to.equal('ping timeout');
      });

      it('is not opened twice, nor by a client that has left', async () => {
        const client = world.io();
        await world.settle();
        await fire();
        expect(world.sockets).to.have.length(1);
        client.disconnect();
        await fire();
        expect(world.sockets).to.have.length(1);
      });
    });
  }

  describe('is doubted', () => {
    it('after 20 s of silence, and given up 10 s later', async () => {
      const { client, ws } = await world.connected();
      const calls = heard(client, 'disconnect', 'heartbeat');
      await world.advance(19_999);
      expect(ws.sent).to.deep.equal([]);
      await world.advance(1);
      expect(ws.sent.map(({ type }) => type)).to.deep.equal(['heartbeat']);
      await world.advance(10_000);
      expect(calls).to.deep.equal([['disconnect', 'ping timeout', { code: 4012, reason: 'no_heartbeat' }]]);
      expect(ws.closes[0]).to.equal(4012);
      await world.advance(500);
      expect(world.sockets).to.have.length(2);
    });

    it('no more when it answers, and nobody hears of it', async () => {
      const { client, ws } = await world.connected();
      const calls = heard(client, 'disconnect', 'heartbeat');
      await world.advance(20_000);
      ws.give('heartbeat', { data: ws.sent[0]?.['data'] });
      await world.advance(10_000);
      expect([calls, client.connected]).to.deep.equal([[], true]);
    });

    it('not while anything comes', async () => {
      const { ws } = await world.connected();
      for (let i = 0; i < 10; i++) {
        await world.advance(15_000);
        ws.frame('not even JSON');
      }
      expect(ws.sent).to.deep.equal([]);
    });

    it('never where the interval is endless', async () => {
      const { client } = await world.connected({ heartbeatInterval: Number.POSITIVE_INFINITY });
      await world.advance(10 ** 9);
      expect(client.connected).to.equal(true);
    });

    it('apart from the page’s own heartbeats', async () => {
      const { client, ws } = await world.connected();
      const calls = heard(client, 'heartbeat');
      client.emit('heartbeat', 'mine');
      ws.give('heartbeat', { content: 'mine' });
      expect(calls).to.have.length(1);
    });
  });
});
