import { expect } from 'chai';
import type { Locator, Page } from 'playwright-core';
import { openBrowser, type TestBrowser, type Visit } from '../support/browser.ts';
import { closeAll, connect } from '../support/client.ts';
import { rowsOf } from '../support/messages.ts';
import { type Running, startServer } from '../support/server.ts';

/** Markup, and what templates and patterns might read in it. */
const EVIL = `<img src=x onerror="pwned=1"><svg onload=pwned=2></svg></code><script>pwned=3</script>"'{name}{room}$&\`x\``;
const SHORT = '<b onclick=pwned=4>Eva</b>{name}';
const ID = '<b/onclick=pwned=7>';
const ENCODED = encodeURIComponent(EVIL);

// What no page of ours holds.
const INJECTED =
  'img, iframe, object, embed, script:not([src]), [onclick], [onerror], [onload], svg[onload], [style*=pwned]';

describe('hostile texts in a real browser', function () {
  this.timeout(60_000);

  let browser: TestBrowser;
  let server: Running;
  let visit: Visit;
  let page: Page;
  let dialogs: string[];

  before(async function () {
    browser = await openBrowser(this);
  });

  beforeEach(async () => {
    server = await startServer();
  });

  afterEach(async () => {
    await browser?.closeVisits();
    await closeAll();
    await server?.close();
  });

  async function enter(path: string): Promise<void> {
    dialogs = [];
    visit = await browser.visit(server.url + path, { locale: 'es-ES' });
    page = visit.page;
    page.on('dialog', (dialog) => {
      dialogs.push(dialog.message());
      void dialog.dismiss();
    });
  }

  async function isHarmless(): Promise<void> {
    expect(await page.locator(INJECTED).count()).to.equal(0);
    expect(await page.evaluate('typeof pwned')).to.equal('undefined');
    expect(dialogs).to.deep.equal([]);
    expect(visit.problems).to.deep.equal([]);
  }

  for (const door of ['ws', 'socketio'] as const) {
    it(`in names, contents and data, by ${door}, are text in both panes of the test client`, async () => {
      await enter('/ws/test');
      await areOnline(page);
      const mallory = await connect(door, server.url, { username: SHORT, userId: ID });
      mallory.send({ type: 'chat', content: EVIL, data: { [EVIL]: [EVIL] } });
      mallory.send({ type: 'notification', content: EVIL, data: EVIL });
      for (const { id } of rowsOf(mallory.welcome).filter((row) => row.id !== ID))
        mallory.send({ type: 'chat', content: `directo ${EVIL}`, to: id });
      for (const pane of await page.getByRole('article').all()) {
        const log = pane.getByRole('log');
        await log.getByText(`${SHORT} se ha unido al chat`, { exact: true }).waitFor();
        await log.locator('.said').getByText(EVIL, { exact: true }).nth(1).waitFor();
        await log.locator('.said').getByText(`directo ${EVIL}`, { exact: true }).waitFor();
        const [object, text] = await log.locator('.data').allTextContents();
        expect(JSON.parse(object!)).to.deep.equal({ [EVIL]: [EVIL] });
        expect(JSON.parse(text!)).to.equal(EVIL);
        await pane.getByRole('button', { name: `Escribir a ${SHORT}`, exact: true }).click();
        await pane.locator('option:checked', { hasText: `Solo ${SHORT}` }).waitFor({ state: 'attached' });
        await pane.getByRole('tab', { name: /^Tramas/ }).click();
        for (const summary of await pane.locator('summary').all()) await summary.click();
        await pane.locator('.frames pre', { hasText: 'onerror' }).first().waitFor();
      }
      await mallory.close();
      await page.getByText(`${SHORT} ha salido del chat`).first().waitFor({ state: 'attached' });
      await isHarmless();
    });
  }

  it('typed into the test client are text', async () => {
    await enter('/ws/test');
    await areOnline(page);
    const [ws, socketio] = (await page.getByRole('article').all()) as [Locator, Locator];
    for (const pane of [ws, socketio]) {
      await pane.getByLabel('Nombre').fill(SHORT);
      await pane.getByRole('button', { name: 'Cambiar' }).click();
      await pane.locator('.person.self').getByText(SHORT, { exact: true }).waitFor();
      await pane.getByRole('status').getByText('en línea').waitFor();
      await pane.getByRole('textbox', { name: 'Sala' }).fill('<img src=x onerror=pwned=5>');
      await pane.getByRole('button', { name: 'Unirse' }).click();
      await pane.getByRole('alert').getByText('invalid_room').waitFor();
      await pane.getByRole('radio', { name: 'JSON' }).check();
      const area = pane.getByRole('textbox', { name: 'Mensaje en JSON' });
      await area.fill(JSON.stringify({ type: EVIL, content: EVIL }));
      await pane.getByRole('button', { name: 'Enviar', exact: true }).click();
      await pane.getByRole('alert').getByText('unknown_type').waitFor();
      await area.fill(EVIL);
      await pane.getByText(/^No es JSON: .*<img/).waitFor();
    }
    await isHarmless();
  });

  it('in the address are text', async () => {
    await enter(
      `/ws/test?lang=${ENCODED}&username=${ENCODED}&room=${encodeURIComponent('<img src=x onerror=pwned=6>')}#${ENCODED}`,
    );
    for (const pane of await page.getByRole('article').all()) {
      await pane.getByRole('button', { name: '<img src=x onerror=pwned=6>', exact: true }).waitFor();
      await pane
        .getByRole('status')
        .getByText(/^rechazada: /)
        .waitFor();
    }
    visit.problems.length = 0; // The browser has told of the refused handshakes.
    await isHarmless();
    for (const path of ['/', '/websocket', '/ws/dashboard']) {
      await enter(`${path}?lang=${ENCODED}&room=${ENCODED}#${ENCODED}`);
      await page.getByText(/cifras nuevas cada segundo/).waitFor();
      await isHarmless();
    }
  });

  it('from strangers are text on the integration page', async () => {
    await enter('/websocket');
    await page.getByRole('button', { name: 'Enviar: chat por WebSocket', exact: true }).click();
    const card = page.locator('#type-chat');
    for (const door of ['WebSocket', 'Socket.IO'])
      await card.getByRole('log', { name: door }).getByText('"¡Hola!"').waitFor();
    const room = await page.locator('#stage code').innerText();
    const mallory = await connect('ws', server.url, { username: SHORT, rooms: [room] });
    mallory.send({ type: 'chat', room, content: EVIL, data: { [EVIL]: EVIL } });
    for (const door of ['WebSocket', 'Socket.IO']) {
      const shown = card.getByRole('log', { name: door }).locator('pre', { hasText: 'onerror' });
      expect(JSON.parse((await shown.textContent())!)).to.deep.include({
        from: SHORT,
        content: EVIL,
        data: { [EVIL]: EVIL },
      });
    }
    await isHarmless();
  });

  it('are no part of the dashboard', async () => {
    await enter('/ws/dashboard');
    const mallory = await connect('ws', server.url, { username: SHORT, rooms: ['sala-1'] });
    await mallory.request({ type: EVIL, content: EVIL });
    await page.locator('#incident-list').getByText('unknown_type').waitFor();
    expect(await page.locator('main').innerText()).not.to.include('pwned');
    await isHarmless();
  });
});

async function areOnline(page: Page): Promise<void> {
  await page.getByRole('article').getByRole('status').getByText('en línea').nth(1).waitFor();
}
