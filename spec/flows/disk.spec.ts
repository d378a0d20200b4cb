import { expect } from 'chai';
import { refused } from '../conformance/answers.ts';
import { type Client, DOORS } from '../support/client.ts';
import { newFolder, removeFolders } from '../support/folder.ts';
import { json, request } from '../support/http.ts';
import { dataKey, unique } from '../support/messages.ts';
import { backOf, come, drop, leaveAll, welcomeOf } from '../support/returning.ts';
import { type Running, startServer } from '../support/server.ts';
import { said } from '../support/talk.ts';

/** Of which a few pages are left when it is empty. */
const DATA_BYTES = 84 * 1024;
/** Never fits, where short messages do. */
const LARGE = 'x'.repeat(60_000);

describe('a disk that is full', () => {
  let server: Running;

  before(async () => {
    server = await startServer({ dataDir: newFolder(), dataBytes: DATA_BYTES });
  });
  afterEach(leaveAll);
  after(async () => {
    await server.close();
    removeFolders();
  });

  const readiness = async () => {
    const answer = await request(`${server.url}/readyz`);
    return { status: answer.status, ...json(answer) };
  };
  const NOT_READY = { status: 503, ready: false, reasons: ['log: database or disk is full'] };
  const READY = { status: 200, ready: true, reasons: [] };

  for (const door of DOORS) {
    it(`is said to who sends, and to who balances load; what is not kept reaches nobody (${door})`, async () => {
      const [ana, ...others] = await Promise.all([door, ...DOORS].map((by) => come(by, server, {})));
      const clientMsgId = unique('m');
      expect(await refused(ana!, { type: 'chat', content: LARGE, clientMsgId })).to.include({
        code: 'unavailable',
        retryable: true,
      });
      expect(await readiness()).to.deep.equal(NOT_READY);
      ana!.send({ type: 'chat', content: LARGE });
      expect((await ana!.next('error')).data).to.deep.equal({ code: 'unavailable', retryable: true });
      ana!.send({ type: 'notification', content: LARGE, clientMsgId: 'n' });
      await ana!.next((m) => m.type === 'error' && dataKey(m, 'clientMsgId') === 'n');
      expect(await readiness()).to.deep.equal(NOT_READY);
      for (const client of [ana!, ...others]) {
        await client.barrier();
        expect(client.messages.some(({ content }) => content === LARGE)).to.equal(false);
      }

      // As soon as something finds room again; what was refused has not used up its clientMsgId.
      const receipt = await ana!.request({ type: 'chat', content: 'short', clientMsgId });
      expect(receipt).to.include({ ok: true }).and.not.have.property('duplicate');
      for (const client of [ana!, ...others]) await client.next({ content: 'short' });
      expect(await readiness()).to.deep.equal(READY);
    });

    it(`keeps nobody from coming and coming back (${door})`, async () => {
      const bo = await come('ws', server, {});
      const ana = await come(door, server, { userId: unique('ana'), session: '' });
      await drop(ana);
      const missed = await said(bo, { type: 'chat' });
      await refused(bo, { type: 'chat', content: LARGE });
      expect(await readiness()).to.deep.equal(NOT_READY);
      const back = await come(door, server, { userId: ana.userId, ...backOf(ana) });
      expect(welcomeOf(back)).to.include({ recovered: true, replayed: 1 });
      await back.next({ id: missed });
      await refused(bo, { type: 'chat', content: LARGE });
      const cy = await come(door, server, {});
      for (const client of [bo, back, cy] satisfies Client[]) await client.barrier();
    });
  }
});
