import { expect } from 'chai';
import { connect } from '../support/client.ts';
import { json, request } from '../support/http.ts';
import { idsOf, unique } from '../support/messages.ts';
import { conformance, target } from './target.ts';

conformance('9 HTTP', () => {
  for (const [what, path, method] of [
    ['a path that does not exist', '/nonsense', 'GET'],
    ['another one', '/ws/nonsense', 'GET'],
    ['a path that is not well encoded', '/%E0%A4%A', 'GET'],
    ['a path out of the house', '/../package.json', 'GET'],
    ['a method that is not served', '/ws/stats', 'POST'],
    ['another one', '/healthz', 'DELETE'],
  ] as const) {
    it(`9.1 an HTTP error has a JSON body with error.code and error.message: ${what} (${method} ${path})`, async () => {
      const answer = await request(target() + path, { method });
      expect(answer.status).to.be.within(400, 499);
      expect(answer.headers['content-type']).to.match(/^application\/json/);
      const { error } = json(answer) as { error: { code: unknown; message: unknown } };
      expect(error.code).to.be.a('string').and.not.equal('');
      expect(error.message).to.be.a('string').and.not.equal('');
      expect(answer.body).not.to.match(/\bat .*:\d+|node_modules/);
    });
  }

  it('9.2 GET /ws without an upgrade: 426, upgrade_required, Upgrade: websocket', async () => {
    const answer = await request(`${target()}/ws`);
    expect(answer.status).to.equal(426);
    expect(answer.headers['upgrade']).to.equal('websocket');
    expect(answer.headers['content-type']).to.match(/^application\/json/);
    const { error } = json(answer) as { error: { code: unknown; message: unknown } };
    expect(error.code).to.equal('upgrade_required');
    expect(error.message).to.be.a('string').and.not.equal('');
  });

  it('9.2 it opens no session', async () => {
    const userId = unique('user');
    const observer = await connect('ws', target());
    expect((await request(`${target()}/ws?userId=${userId}`)).status).to.equal(426);
    observer.send({ type: 'user_list' });
    expect(idsOf(await observer.next('user_list'))).not.to.include(userId);
    expect(observer.texts.filter((text) => text.includes(userId))).to.deep.equal([]);
  });

  it('9.3 GET /ws/test: 200 and an HTML page', async () => {
    const answer = await request(`${target()}/ws/test`);
    expect(answer.status).to.equal(200);
    expect(answer.headers['content-type']).to.match(/^text\/html/);
    expect(answer.body).to.match(/<!doctype html>/i);
  });

  it('9.5 /healthz answers 200', async () => {
    const answer = await request(`${target()}/healthz`);
    expect(answer.status).to.equal(200);
    expect(json(answer)).to.deep.equal({ status: 'ok' });
  });

  it('9.5 /readyz answers 200 when the server takes connections', async () => {
    const answer = await request(`${target()}/readyz`);
    expect(answer.status).to.equal(200);
    expect(json(answer)).to.deep.equal({ ready: true, reasons: [] });
  });
});

conformance('9.6, 9.7 and 9.9 The rest', () => {
  it('9.6 GET /metrics answers 200 in the text format of Prometheus, names with ambos_, labels of the list', async () => {
    const { status, headers, body } = await request(`${target()}/metrics`);
    expect(status).to.equal(200);
    expect(headers['content-type']).to.match(/^text\/plain/);
    for (const line of body.split('\n')) {
      if (line === '') continue;
      expect(line).to.match(
        /^(# (HELP|TYPE) ambos_\w+ .+|ambos_\w+(\{((transport|type|code|close|quantile|route|status)="[^"]*",?)+\})? [\d.e+-]+)$/,
      );
    }
  });

  it('9.7 GET /ws/endpoints says where the doors are', async () => {
    const answer = await request(`${target()}/ws/endpoints`);
    expect(json(answer)).to.have.property('websocket', '/ws');
    expect(json(answer)).to.have.nested.property('socketio.path', '/socket.io/');
  });

  for (const path of ['/', '/websocket', '/ws/dashboard']) {
    it(`9.9 GET ${path} answers 200 and an HTML page`, async () => {
      const { status, headers } = await request(target() + path);
      expect(status).to.equal(200);
      expect(headers['content-type']).to.match(/^text\/html/);
    });
  }
});
