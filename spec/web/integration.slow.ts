import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Locator, Page } from 'playwright-core';
import { openBrowser, type TestBrowser, type Visit } from '../support/browser.ts';
import { closeAll, connect } from '../support/client.ts';
import { type Running, startServer } from '../support/server.ts';

type Title = 'WebSocket' | 'Socket.IO';

const TITLES: Title[] = ['WebSocket', 'Socket.IO'];
const OTHER = { WebSocket: 'Socket.IO', 'Socket.IO': 'WebSocket' } as const;

interface Trial {
  name: string;
  action: string;
  /** What the sender sees, and what the other connection of the page. */
  own: RegExp;
  others?: RegExp;
}

const TRIALS: Trial[] = [
  { name: 'chat', action: 'Enviar', own: /"content": "¡Hola!"/, others: /"content": "¡Hola!"/ },
  { name: 'notification', action: 'Enviar', own: /"level": "info"/, others: /"level": "info"/ },
  { name: 'chat + to', action: 'Enviar', own: /"to": "demo-/, others: /"fromId": "demo-/ },
  { name: 'heartbeat', action: 'Enviar', own: /"content": "ping"/ },
  { name: 'user_list', action: 'Enviar', own: /"type": "user_list".*"username": "WebSocket".*"room": "demo-/s },
  { name: 'join', action: 'Enviar', own: /"type": "user_list".*"room": "demo-\w+\/2"/s },
  { name: 'leave', action: 'Enviar', own: /"type": "user_left".*"room": "demo-\w+\/2"/s },
  { name: 'auth', action: 'Enviar', own: /"clientMsgId": "a-1"/ },
  { name: 'ack', action: 'Enviar', own: /"clientMsgId": "m-1"|callback.*"ok": true/s, others: /"content": "¿\?"/ },
  { name: 'error', action: 'Enviar mal', own: /"code": "unknown_type"/ },
  { name: 'user_joined', action: 'Invitar a alguien', own: /"username": "Eva/, others: /"username": "Eva/ },
  { name: 'user_left', action: 'Invitar a alguien', own: /"username": "Eva/, others: /"username": "Eva/ },
  { name: 'system', action: 'Intentarlo', own: /"code": "forbidden_type"/ },
];

const SNIPPETS = {
  JavaScript: 'vanilla.js',
  React: 'react.js',
  Vue: 'vue.js',
  Angular: 'angular.ts',
  'Socket.IO': 'socketio.js',
};

describe('/websocket in a real browser', function () {
  this.timeout(60_000);

  let browser: TestBrowser;
  let server: Running;
  let visit: Visit;
  let page: Page;

  before(async function () {
    browser = await openBrowser(this);
  });

  async function enter(hash = ''): Promise<void> {
    visit = await browser.visit(`${server.url}/websocket${hash}`, {
      locale: 'es-ES',
      viewport: { width: 1280, height: 900 },
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    page = visit.page;
    await page.getByRole('tab', { name: 'JavaScript' }).waitFor();
  }

  async function tryOut({ name, action, own, others }: Trial, title: Title): Promise<void> {
    const button = page.getByRole('button', { name: `${action}: ${name} por ${title}`, exact: true });
    await button.click();
    const card = page.locator('.example').filter({ has: button });
    const arrivals = (door: Title): Locator => card.getByRole('log', { name: `Lo que llega por ${door}` });
    await arrivals(title).getByText('↓').first().waitFor();
    await arrivals(title)
      .locator('pre', { hasText: own })
      .or(arrivals(title).filter({ hasText: own }))
      .first()
      .waitFor();
    if (others) await arrivals(OTHER[title]).filter({ hasText: others }).waitFor();
    else expect(await arrivals(OTHER[title]).textContent(), name).to.equal('');
  }

  async function open(): Promise<void> {
    server = await startServer();
    await enter();
  }

  async function leave(): Promise<void> {
    await browser?.closeVisits();
    await closeAll();
    await server?.close();
  }

  /** A heading comes into the upper half of the window. */
  async function inSight(name: string): Promise<void> {
    const heading = page.getByRole('heading', { level: 2, name });
    let top = Number.NaN;
    const started = Date.now();
    while (!(top >= 0 && top < 450) && Date.now() - started < 10_000)
      top = (await heading.boundingBox())?.y ?? Number.NaN;
    expect(top, name).to.be.within(0, 450);
  }

  describe('to be tried', () => {
    beforeEach(open);

    afterEach(leave);

    it('disturbs nobody until something is tried', async () => {
      expect(visit.sockets).to.deep.equal([]);
      await page.getByText('WebSocket: sin conectar todavía').waitFor();
      await page.getByText('Socket.IO: sin conectar todavía').waitFor();
      expect(await page.locator('.example').count()).to.equal(TRIALS.length);
    });

    for (const title of TITLES) {
      it(`answers whatever is tried by ${title}`, async () => {
        for (const trial of TRIALS) await tryOut(trial, title);
        await page.getByText('WebSocket: en línea').waitFor();
        await page.getByText('Socket.IO: en línea').waitFor();
        expect(new Set(visit.sockets.map((url) => new URL(url).pathname))).to.deep.equal(
          new Set(['/ws', '/socket.io/']),
        );
        expect(visit.problems).to.deep.equal([]);
      });
    }

    it('shows at the second try that a receipt is repeated, not the message', async () => {
      const trial = TRIALS.find(({ name }) => name === 'ack')!;
      await tryOut(trial, 'WebSocket');
      await page.getByRole('button', { name: 'Enviar: ack por WebSocket' }).click();
      await page.locator('.example').getByText('"duplicate"').waitFor();
      await tryOut(trial, 'Socket.IO');
      expect(visit.problems).to.deep.equal([]);
    });

    it('lets nobody else see what is tried', async () => {
      const node = await connect('ws', server.url);
      await tryOut(TRIALS[0]!, 'WebSocket');
      await tryOut(TRIALS[1]!, 'Socket.IO');
      await node.barrier();
      expect(node.messages.filter(({ type }) => type === 'chat' || type === 'notification')).to.deep.equal([]);
    });

    it('shows what is said in its room, and nothing of others', async () => {
      await tryOut(TRIALS[0]!, 'WebSocket');
      const room = await page.locator('#stage code').innerText();
      const node = await connect('ws', server.url, { rooms: [room] });
      node.send({ type: 'chat', content: 'a la general' });
      node.send({ type: 'chat', content: 'a la sala', room });
      for (const title of TITLES)
        await page.locator('#type-chat').getByRole('log', { name: title }).getByText('"a la sala"').waitFor();
      expect(await page.locator('#type-chat').innerText()).not.to.include('a la general');
      expect(visit.problems).to.deep.equal([]);
    });
  });

  describe('to be read', () => {
    before(open);

    afterEach(closeAll);

    after(leave);

    it('copies snippets that point at this very server', async () => {
      const { host } = new URL(server.url);
      for (const [name, file] of Object.entries(SNIPPETS)) {
        await page.getByRole('tab', { name, exact: true }).click();
        const panel = page.getByRole('tabpanel', { name });
        await panel.getByRole('button', { name: 'Copiar' }).click();
        await panel.getByRole('button', { name: 'Copiado' }).waitFor();
        const copied = await page.evaluate('navigator.clipboard.readText()');
        const source = readFileSync(new URL(`../../web/snippets/${file}`, import.meta.url), 'utf8');
        expect(copied).to.include(host).and.not.to.include('localhost');
        expect(copied).to.equal(source.replace('// @ts-nocheck\n', '').replaceAll('localhost:3000', host).trim());
        expect(await panel.locator('pre').textContent()).to.equal(copied);
      }
      expect(visit.problems).to.deep.equal([]);
    });

    it('copies without the clipboard of secure pages, too', async () => {
      await page.evaluate('Object.defineProperty(navigator, "clipboard", { value: undefined })');
      await page.getByRole('tabpanel').getByRole('button', { name: 'Copiar' }).click();
      await page.getByRole('tabpanel').getByRole('button', { name: 'Copiado' }).waitFor();
    });

    it('names the addresses of this server', async () => {
      const { host } = new URL(server.url);
      for (const address of [`ws://${host}/ws`, `http://${host}/socket.io/`])
        await page.locator('#endpoints').getByText(address, { exact: true }).waitFor();
      await page.locator('#identity').getByText(`ws://${host}/ws?username=Ana&userId=123&room=sala-1`).waitFor();
      for (const path of ['/healthz', '/readyz', '/ws/stats']) {
        const link = page.locator('#endpoints').getByRole('link', { name: path, exact: true });
        const response = await page.request.get(`${server.url}${await link.getAttribute('href')}`);
        expect(response.status(), path).to.equal(200);
      }
    });

    it('refreshes the statistics', async () => {
      const figure = (name: string, value: string) =>
        page
          .locator('#stats .figure', { hasText: name })
          .locator('dd', { hasText: new RegExp(`^${value}$`) })
          .waitFor();
      await figure('WebSocket abiertos', '0');
      const node = await connect('ws', server.url, { rooms: ['sala-1'] });
      for (let i = 0; i < 3; i += 1) await node.request({ type: 'chat', content: 'uno' });
      await figure('WebSocket abiertos', '1');
      await figure('Mensajes recibidos', '3');
      await figure('Conexiones desde el inicio', '1');
      await node.close();
      await figure('WebSocket abiertos', '0');
      expect(visit.problems).to.deep.equal([]);
    });

    it('opens at a chapter, and its list of chapters leads there', async () => {
      await enter('#errors');
      await inSight('Errores');
      await page.getByRole('link', { name: 'Forma de los mensajes' }).click();
      await inSight('Forma de los mensajes');
      expect(page.url()).to.equal(`${server.url}/websocket#shape`);
    });
  });
});
