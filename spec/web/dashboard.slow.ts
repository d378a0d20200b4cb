import { expect } from 'chai';
import type { Locator, Page } from 'playwright-core';
import { openBrowser, type TestBrowser, type Visit } from '../support/browser.ts';
import { type Client, closeAll, connect } from '../support/client.ts';
import { type Running, startServer } from '../support/server.ts';

const LIVE = 'En directo: cifras nuevas cada segundo';
const CUT = 'Sin conexión con el servidor: son las últimas cifras conocidas. Se reintenta por sí solo.';
const PLOTS = [
  'Conexiones por protocolo',
  'Mensajes por segundo',
  'Entregas por segundo',
  'Usuarios y salas',
  'Memoria',
  'Retraso del event loop (ms)',
];

describe('/ws/dashboard in a real browser', function () {
  this.timeout(60_000);

  let browser: TestBrowser;
  let server: Running;
  let visit: Visit;
  let page: Page;
  let sending: NodeJS.Timeout | undefined;

  before(async function () {
    browser = await openBrowser(this);
  });

  beforeEach(async () => {
    server = await startServer();
    visit = await browser.visit(`${server.url}/ws/dashboard`, { locale: 'es-ES' });
    page = visit.page;
    await plot(PLOTS.at(-1)!).waitFor();
  });

  afterEach(async () => {
    clearInterval(sending);
    await browser?.closeVisits();
    await closeAll();
    await server?.close();
  });

  function plot(title: string): Locator {
    return page.locator('figure').filter({ has: page.getByRole('heading', { name: title, exact: true }) });
  }

  /** Waits until a legend says so. */
  function tells(title: string, line: RegExp): Promise<void> {
    return plot(title).getByRole('listitem').filter({ hasText: line }).waitFor({ timeout: 15_000 });
  }

  async function keepSending(): Promise<Client> {
    const node = await connect('socketio', server.url, { rooms: ['sala-1'] });
    sending = setInterval(() => node.send({ type: 'chat', content: 'otra' }), 50);
    return node;
  }

  it('draws what a client in Node does', async () => {
    expect(await page.locator('figure h2').allTextContents()).to.deep.equal(PLOTS);
    await tells('Conexiones por protocolo', /^Socket\.IO 0$/);
    const still = await Promise.all(PLOTS.slice(0, 4).map((title) => drawn(plot(title))));
    const node = await keepSending();
    await tells('Conexiones por protocolo', /^Socket\.IO 1$/);
    await tells('Mensajes por segundo', /^recibidos [1-9]/);
    await tells('Entregas por segundo', /^entregados [1-9]/);
    await tells('Usuarios y salas', /^usuarios 1$/);
    await tells('Memoria', /^heap en uso [\d.,]+ MiB$/);
    const moved = await Promise.all(PLOTS.slice(0, 4).map((title) => drawn(plot(title))));
    for (const [i, title] of PLOTS.slice(0, 4).entries()) expect(moved[i], title).not.to.equal(still[i]);
    clearInterval(sending);
    await node.close();
    await tells('Conexiones por protocolo', /^Socket\.IO 0$/);
    await tells('Mensajes por segundo', /^recibidos 0$/);
    expect(visit.problems).to.deep.equal([]);
  });

  it('answers to its reader: by span, theme and pointer', async () => {
    const one = await drawn(plot('Memoria'));
    await page.getByRole('radio', { name: '5 min', exact: true }).check();
    const five = await drawn(plot('Memoria'));
    expect(five).not.to.equal(one);
    await page.keyboard.press('ArrowRight');
    await page.getByRole('radio', { name: '15 min', checked: true }).waitFor();
    expect(await drawn(plot('Memoria'))).not.to.equal(five);
    const light = await drawn(plot('Memoria'));
    await page.getByRole('button', { name: 'Tema oscuro' }).click();
    expect(await drawn(plot('Memoria'))).not.to.equal(light);
    await tells('Memoria', /^heap en uso [\d.,]+ MiB$/);
    const area = plot('Memoria').locator('.u-over');
    const { width, height } = (await area.boundingBox())!;
    await area.hover({ position: { x: width - 3, y: height / 2 } });
    for (const title of ['Memoria', 'Mensajes por segundo']) {
      const moment = plot(title).locator('time', { hasText: /^\d\d:\d\d:\d\d$/ });
      await moment.waitFor();
    }
  });

  it('counts what was refused', async () => {
    const card = page.locator('#incidents');
    expect(await card.isVisible()).to.equal(false);
    const node = await connect('ws', server.url);
    for (let i = 0; i < 2; i += 1) await node.request({ type: 'nope' });
    await card.getByRole('heading', { name: 'Rechazos y cierres' }).waitFor();
    expect(await card.locator('dt').allTextContents()).to.deep.equal(['unknown_type']);
    expect(await card.locator('dd').allTextContents()).to.deep.equal(['2']);
    expect(visit.problems).to.deep.equal([]);
  });

  it('says when the server is gone, and goes on when it is back', async () => {
    await page.getByRole('status').getByText(LIVE).waitFor();
    await server.close();
    await page.getByRole('status').getByText(CUT).waitFor();
    await page.locator('#plots.stale').waitFor();
    server = await startServer({ port: Number(new URL(server.url).port) });
    await connect('ws', server.url);
    await page.getByRole('status').getByText(LIVE).waitFor();
    await page.locator('#plots:not(.stale)').waitFor();
    await tells('Conexiones por protocolo', /^WebSocket 1$/);
    await keepSending();
    await tells('Mensajes por segundo', /^recibidos [1-9]/);
    // Nothing but the lost connection was complained about.
    expect(visit.problems.filter((problem) => !/net::ERR_|\/ws\/stats/.test(problem))).to.deep.equal([]);
  });
});

/** The picture that a plot shows at its next frame. */
function drawn(plot: Locator): Promise<unknown> {
  const picture = 'new Promise((resolve) => requestAnimationFrame(() => resolve(canvas.toDataURL())))';
  return plot.locator('canvas').evaluate(new Function('canvas', `return ${picture}`) as (canvas: unknown) => unknown);
}
