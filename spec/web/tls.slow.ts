import { join } from 'node:path';
import { expect } from 'chai';
import { openBrowser, type TestBrowser } from '../support/browser.ts';
import { type Running, startServer } from '../support/server.ts';

const FILES = join(import.meta.dirname, '../fixtures/tls');

describe('the pages over https in a real browser', function () {
  this.timeout(60_000);
  let browser: TestBrowser;
  let server: Running;

  before(async function () {
    browser = await openBrowser(this);
    server = await startServer({ tlsCert: join(FILES, 'first.crt'), tlsKey: join(FILES, 'first.key') });
  });
  after(async () => {
    await browser?.closeVisits();
    await server?.close();
  });

  it('/ws/test connects by wss and by Socket.IO, and nothing is refused', async () => {
    const { page, problems, sockets } = await browser.visit(`${server.url}/ws/test?lang=en`, {
      ignoreHTTPSErrors: true,
    });
    await page.getByText('online', { exact: true }).nth(1).waitFor();
    expect(sockets.some((url) => url.startsWith(`${server.url.replace('https', 'wss')}/ws?`))).to.equal(true);
    expect(sockets.every((url) => url.startsWith('wss://'))).to.equal(true);
    expect(problems).to.deep.equal([]);
  });
});
