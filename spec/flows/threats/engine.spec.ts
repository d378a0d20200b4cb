import { expect } from 'chai';
import { type Asked, request } from '../../support/http.ts';
import { QUERIES } from '../../support/odd-requests.ts';
import { Tcp, upgradeRequest } from '../../support/tcp.ts';
import { type Scene, survives } from './scene.ts';

const POLLING = 'EIO=4&transport=polling';
const WEBSOCKET = 'EIO=4&transport=websocket';

/** A peer that does not answer a close is not waited for. */
const SHORT = { closeTimeout: 100 };
const BODY_LIMIT = 1024 ** 2;

describe('threats to Engine.IO', () => {
  survives('threat 8: queries that name no transport and no session are answered with 400', {}, async (scene) => {
    for (const query of QUERIES) {
      for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH']) {
        const { status, body } = await ask(scene, query, { method });
        expect(status, `${method} ${query}`).to.equal(400);
        expect(body, `${method} ${query}`).not.to.match(/<|\bat \S+:\d/);
      }
      const tcp = scene.tcp();
      tcp.socket.write(upgradeRequest(`/socket.io/?${query}`));
      expect(await tcp.status(), `upgrade of ${query}`).to.equal(400);
      await tcp.closed;
    }
  });

  survives('threat 8: a new session is asked for by GET alone', {}, async (scene) => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'HEAD']) {
      expect((await ask(scene, POLLING, { method })).status, method).to.equal(400);
    }
    expect((await ask(scene, WEBSOCKET)).status, 'without an upgrade').to.equal(400);
  });

  survives('threat 8: of repeated parameters one counts, and none is an array', {}, async (scene) => {
    const queries = ['EIO=3&EIO=4&transport=polling', `${POLLING}&sid=x&sid=`, `transport=__proto__&${POLLING}`];
    for (const query of queries) {
      const { status, body } = await ask(scene, query);
      expect(status, query).to.equal(200);
      expect(body, query).to.match(/^0\{"sid":"[\w-]{20}",/);
    }
    const tcp = await scene.wire('socketio', 'username=Mallory&username=system&userId=mallory&userId=ana');
    tcp.send('{"type":"user_list"}', 'user_list');
    expect(await tcp.heard('user_list')).to.include('{"id":"mallory","username":"Mallory"');
  });

  survives('threat 8: a session takes no other method, protocol or transport than its own', {}, async (scene) => {
    const sid = await opened(scene);
    for (const method of ['PUT', 'DELETE', 'PATCH', 'HEAD']) {
      expect((await ask(scene, `${POLLING}&sid=${sid}`, { method })).status, method).to.equal(400);
    }
    expect((await ask(scene, `EIO=3&transport=polling&sid=${sid}`)).status, 'another protocol').to.equal(400);
    expect((await ask(scene, `${WEBSOCKET}&sid=${sid}`)).status, 'another transport').to.equal(400);
  });

  survives('threat 8: a request without an upgrade to a session by WebSocket is answered', {}, async (scene) => {
    const engine = await scene.session();
    const { sid } = JSON.parse(engine.packets[0]!.slice(1)) as { sid: string };
    for (const method of ['GET', 'POST', 'PUT']) {
      expect((await ask(scene, `${WEBSOCKET}&sid=${sid}`, { method })).status, `websocket by ${method}`).to.equal(400);
      expect((await ask(scene, `${POLLING}&sid=${sid}`, { method })).status, `polling by ${method}`).to.equal(400);
    }
    const headers = { Upgrade: 'websocket' };
    expect((await ask(scene, `${WEBSOCKET}&sid=${sid}`, { headers })).status, 'half an upgrade').to.equal(400);
  });

  survives(
    'threat 8: an upgrade of polling, or of a session by WebSocket, is closed',
    { ...SHORT, handshakeTimeout: 200 },
    async (scene) => {
      const engine = await scene.session();
      const { sid } = JSON.parse(engine.packets[0]!.slice(1)) as { sid: string };
      for (const query of [POLLING, `${POLLING}&sid=${await opened(scene)}`, `${WEBSOCKET}&sid=${sid}`]) {
        const tcp = scene.tcp();
        tcp.socket.write(upgradeRequest(`/socket.io/?${query}`));
        if ((await tcp.status()) === 101) tcp.send('2probe');
        await tcp.closed;
      }
    },
  );

  survives('threat 8: a bad probe ends the attempt, and the session goes on by polling', SHORT, async (scene) => {
    const sid = await connected(scene, 'prober');
    for (const probe of ['3probe', '2evil', '40', '1', 'x', '']) {
      const tcp = await Tcp.open(scene.url, '', `/socket.io/?${WEBSOCKET}&sid=${sid}`);
      tcp.send(probe);
      await tcp.closed;
      expect((await ask(scene, `${POLLING}&sid=${sid}`, { method: 'POST', body: '3' })).status, probe).to.equal(200);
    }
    await ask(scene, `${POLLING}&sid=${sid}`, { method: 'POST', body: '1' });
  });

  survives('threat 8: of two upgrades at once one is closed', SHORT, async (scene) => {
    const sid = await connected(scene, 'twin');
    const target = `/socket.io/?${WEBSOCKET}&sid=${sid}`;
    const first = await Tcp.open(scene.url, '', target);
    first.send('2probe');
    await first.next('3probe');
    const second = await Tcp.open(scene.url, '', target);
    await second.closed;
    first.send('5');
    await first.next('42["user_list"');
    first.close();
    await scene.see('user_left', 'twin');
  });

  survives('threat 8: two polls at once end their session', SHORT, async (scene) => {
    const sid = await connected(scene, 'double');
    await ask(scene, `${POLLING}&sid=${sid}`);
    const polls = [ask(scene, `${POLLING}&sid=${sid}`), ask(scene, `${POLLING}&sid=${sid}`)];
    expect((await Promise.all(polls)).map(({ status }) => status)).to.include(400);
    await scene.see('user_left', 'double');
    expect((await ask(scene, `${POLLING}&sid=${sid}`)).status).to.equal(400);
  });

  survives('threat 8: two posts at once end their session', SHORT, async (scene) => {
    const sid = await connected(scene, 'double');
    const slow = scene.tcp();
    slow.socket.write(`POST /socket.io/?${POLLING}&sid=${sid} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n42[`);
    const whileItLasts = async (): Promise<number> => {
      const { status } = await ask(scene, `${POLLING}&sid=${sid}`, { method: 'POST', body: '3' });
      return status === 200 ? whileItLasts() : status;
    };
    expect(await whileItLasts()).to.equal(400);
    await scene.see('user_left', 'double');
  });

  for (const [version, query] of [
    [4, POLLING],
    [3, 'EIO=3&transport=polling'],
  ] as const) {
    for (const chunked of [false, true]) {
      const how = `Engine.IO ${version}${chunked ? ', in chunks of unknown length' : ''}`;
      survives(`threat 9: a polling body of more than 1 MiB is answered with 413 (${how})`, SHORT, async (scene) => {
        const sid = await connected(scene, 'large', query);
        const { status } = await post(scene, `${query}&sid=${sid}`, BODY_LIMIT + 1, chunked);
        expect(status).to.equal(413);
        await scene.see('user_left', 'large');
        expect((await ask(scene, `${query}&sid=${sid}`)).status, 'its session has ended').to.equal(400);
      });
    }
  }

  survives('threat 9: a polling body of 100 MB is answered with 413 long before its end', SHORT, async (scene) => {
    const sid = await connected(scene, 'endless');
    const tcp = scene.tcp();
    tcp.socket.write(`POST /socket.io/?${POLLING}&sid=${sid} HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n`);
    tcp.socket.write(Buffer.alloc(2 * BODY_LIMIT, 'x'));
    expect(await tcp.status()).to.equal(413);
    await scene.see('user_left', 'endless');
  });

  survives('threat 9: a body to a session that is not known is not waited for', {}, async (scene) => {
    const { status } = await post(scene, `${POLLING}&sid=unknown`, BODY_LIMIT * 2, false);
    expect(status).to.equal(400);
  });
});

function ask(scene: Scene, query: string, asked?: Asked) {
  return request(`${scene.url}/socket.io/?${query}`, asked);
}

/** A polling session that has not connected to the namespace. */
async function opened(scene: Scene, query: string = POLLING): Promise<string> {
  return /"sid":"([^"]+)"/.exec((await ask(scene, query)).body)![1]!;
}

/** A polling session that everybody has seen come. */
async function connected(scene: Scene, userId: string, query: string = POLLING): Promise<string> {
  const sid = await opened(scene, `${query}&userId=${userId}`);
  if (query === POLLING) await ask(scene, `${query}&sid=${sid}`, { method: 'POST', body: '40' });
  await scene.see('user_joined', userId);
  return sid;
}

/** Posts so many bytes. */
function post(scene: Scene, query: string, length: number, chunked: boolean) {
  const headers: Record<string, string> = chunked
    ? { 'transfer-encoding': 'chunked' }
    : { 'content-length': String(length) };
  return ask(scene, query, { method: 'POST', headers, body: 'x'.repeat(length) });
}
