import { setTimeout } from 'node:timers/promises';
import { expect } from 'chai';
import type { Locator, Page } from 'playwright-core';
import { violationsOf } from '../support/axe.ts';
import { openBrowser, type TestBrowser, type Visit } from '../support/browser.ts';
import { type Client, closeAll, connect, DOORS } from '../support/client.ts';
import { newFolder, removeFolders } from '../support/folder.ts';
import { type Message, unique } from '../support/messages.ts';
import { type Running, startServer } from '../support/server.ts';

const TITLES = ['WebSocket', 'Socket.IO'] as const;
const PATIENCE = 30_000;
/** Milliseconds between two messages: more than the server would replay must not come together. */
const PACE = 50;
/** Well above what the sockets between the server and a browser hold. */
const MANY = 250;
const LARGE = 'x'.repeat(60_000);

describe('/ws/test proves that nothing is lost', function () {
  this.timeout(90_000);

  let browser: TestBrowser;
  let server: Running;
  let visit: Visit;
  let page: Page;
  let watcher: Client;

  before(async function () {
    browser = await openBrowser(this);
  });

  beforeEach(async () => {
    server = await startServer({ log: 'sqlite', dataDir: newFolder() });
    watcher = await connect('ws', server.url, { username: 'Vigía', userId: 'watcher' });
    visit = await browser.visit(`${server.url}/ws/test`, { locale: 'es-ES', viewport: { width: 1280, height: 1000 } });
    page = visit.page;
    page.setDefaultTimeout(PATIENCE);
    await areOnline();
  });

  afterEach(async () => {
    await browser?.closeVisits();
    await closeAll();
    await server?.close();
    removeFolders();
  });

  it('over a connection that is half-open', async () => {
    const chatter = await startChatter();
    await haveHeard(5);
    await pressInAll('Medio abierta');
    for (const pane of panes()) await isIn(pane, 'fuera de línea');
    for (const pane of panes())
      await tells(pane, /^De vuelta: han llegado los mensajes que faltaban, \d+\. .* no falta ninguno\.$/);
    await tells(pane('WebSocket'), 'La conexión vieja la ha cerrado el servidor: 4504 replaced.');
    await tells(pane('Socket.IO'), 'La conexión vieja la ha cerrado el servidor: replaced.');
    await missedNothing(await chatter.stop(), 'something was replayed');
    await watcher.barrier();
    expect(comings(watcher.messages)).to.deep.equal(['user_joined', 'user_joined']);
    expect(visit.problems).to.deep.equal([]);
  });

  it('over ten seconds without a network, in which nothing is heard', async () => {
    const chatter = await startChatter();
    await haveHeard(5);
    await pressInAll('Sin red 10 s');
    for (const pane of panes()) await isIn(pane, 'fuera de línea');
    const before = await Promise.all(panes().map(trafficOf));
    await Promise.all(panes().map((pane) => counts(pane, 3)));
    expect(await Promise.all(panes().map(trafficOf))).to.deep.equal(before);
    for (const pane of panes()) await tells(pane, /^De vuelta: .* no falta ninguno\.$/);
    await missedNothing(await chatter.stop(), 'something was replayed');
    expect(visit.problems).to.deep.equal([]);
  });

  it('by clients that do not read for ten seconds, for which the server has to wait', async () => {
    const chatter = await startChatter({ most: MANY, filling: LARGE });
    await haveHeard(3);
    await pressInAll('Lento 10 s');
    for (const pane of panes()) expect(await button(pane, 'Cortar').isDisabled()).to.equal(true);
    const before = await Promise.all(panes().map(figuresOf));
    await Promise.all(panes().map((pane) => counts(pane, 4)));
    expect(await Promise.all(panes().map(figuresOf))).to.deep.equal(before);
    for (const pane of panes()) await tells(pane, /^El servidor ha esperado: .* no falta ninguno\.$/);
    for (const pane of panes()) expect(await button(pane, 'Cortar').isEnabled()).to.equal(true);
    await missedNothing(await chatter.done, 'nothing was replayed');
    expect(visit.problems).to.deep.equal([]);
  });

  for (const title of TITLES) {
    it(`when ${title} sends a message twice`, async () => {
      await button(pane(title), 'Enviar dos veces').click();
      await tells(
        pane(title),
        /^1\.ª respuesta: (\d{14}-\d+)\. 2\.ª respuesta: \1, duplicate\. Veces que se ha oído en la sala: 1\.$/,
      );
      await watcher.barrier();
      const echoes = watcher.messages.filter(({ content }) => content === 'Enviado dos veces');
      expect(echoes.length).to.equal(1);
      for (const pane of panes()) await shows(pane, { received: 1, replayed: 0 });
    });
  }

  it('when both lose their connections in the middle of what they send', async () => {
    await pressInAll('Enviar 100');
    await haveHeard(10);
    for (const pane of panes()) expect(await button(pane, 'Enviar 100').isDisabled()).to.equal(true);
    await pressInAll('Medio abierta');
    for (const pane of panes()) await tells(pane, /^De vuelta/);
    const heard = await watcher.collect({ type: 'chat' }, 200, PATIENCE);
    for (const name of await Promise.all(panes().map(nameIn))) {
      const numbers = heard.filter(({ from }) => from === name).map(({ data }) => (data as { n: number }).n);
      expect(numbers).to.deep.equal(upTo(100));
    }
    for (const pane of panes()) {
      await tells(pane, / \(200 mensajes\): no falta ninguno\.$/);
      await shows(pane, { received: 200 });
      expect(await pane.getByText('Serie numerada: 100 de 100; el último, el 100').count()).to.equal(2);
      expect(await button(pane, 'Enviar 100').isEnabled()).to.equal(true);
    }
    expect(visit.problems).to.deep.equal([]);
  });

  it('when one does not read what the other sends', async () => {
    const [slow, other] = panes() as [Locator, Locator];
    await button(slow, 'Lento 10 s').click();
    await button(other, 'Enviar 200 grandes').click();
    await tells(slow, /^El servidor ha esperado: .* \(200 mensajes\): no falta ninguno\.$/);
    await tells(other, /^Ha llegado una serie\. .* \(200 mensajes\): no falta ninguno\.$/);
    for (const pane of panes()) await shows(pane, { received: 200, replayed: 0 });
    expect(visit.problems).to.deep.equal([]);
  });

  it('when the page is loaded anew, and a duplicated tab does not take its place', async () => {
    const chatter = await startChatter();
    await haveHeard(5);
    expect(await page.evaluate('sessionStorage.length')).to.equal(0);
    const names = await Promise.all(panes().map(nameIn));
    await page.reload();
    for (const pane of panes()) await tells(pane, /^De vuelta: .* no falta ninguno\.$/);
    expect(await page.evaluate('sessionStorage.length')).to.equal(0);
    await missedNothing(await chatter.stop(), 'something was replayed');
    expect(await Promise.all(panes().map(nameIn))).to.deep.equal(names);
    await watcher.barrier();
    expect(comings(watcher.messages)).to.deep.equal(['user_joined', 'user_joined']);
    expect(visit.problems).to.deep.equal([]);
  });

  it('says so when it is not so: gaps, repetitions and a wrong order are counted', async () => {
    const run = unique('run');
    for (const [n, figures] of [
      [1, {}],
      [4, { lost: 2 }],
      [4, { lost: 2, duplicated: 1 }],
      [2, { lost: 1, duplicated: 1, outOfOrder: 1 }],
    ] as const) {
      await watcher.request({ type: 'chat', content: `${n}`, data: { run, n, of: 9 } });
      for (const pane of panes()) await shows(pane, figures);
    }
    for (const pane of panes()) await tells(pane, /^Ha llegado una serie\. .* faltan 1\.$/);
  });

  it('says so when the server has stored what has not come', async () => {
    await page.route('**/ws/history*', async (route) => {
      const response = await route.fetch();
      const { messages, ...rest } = (await response.json()) as { messages: Message[] };
      const hidden = messages.slice(0, 1).map((message) => ({ ...message, id: `${message.id}.1` }));
      await route.fulfill({ response, json: { ...rest, messages: [...hidden, ...messages] } });
    });
    await watcher.request({ type: 'chat', content: 'Hola' });
    for (const pane of panes()) await shows(pane, { received: 1 });
    await pressInAll('Medio abierta');
    for (const pane of panes()) {
      await tells(pane, /^De vuelta: .* \(2 mensajes\): faltan 1\.$/);
      await shows(pane, { lost: 1 });
    }
  });

  it('says so when the server declares a gap, or its history cannot be had', async () => {
    await page.route('**/ws/history*', (route) =>
      route.fulfill({ status: 503, json: { error: { code: 'unavailable', message: 'Ahora no' } } }),
    );
    await server.close();
    server = await startServer({ log: 'sqlite', dataDir: newFolder(), port: Number(new URL(server.url).port) });
    for (const pane of panes())
      await tells(
        pane,
        'De vuelta, con un hueco que el servidor declara (session). No se ha podido comparar con el historial del servidor: Ahora no.',
      );
  });

  it('to those who go by keyboard, too, and in narrow windows', async () => {
    const [ws, socketio] = panes() as [Locator, Locator];
    await page.locator('summary', { hasText: '¿De verdad no se pierde nada?' }).click();
    await button(ws, 'Medio abierta').focus();
    await page.keyboard.press('Enter');
    await isIn(ws, 'fuera de línea');
    for (const name of ['Medio abierta', 'Sin red 10 s', 'Lento 10 s', 'Enviar dos veces', 'Enviar 100'])
      expect(await button(ws, name).isDisabled()).to.equal(true);
    await button(ws, 'Medio abierta').and(page.locator(':focus')).waitFor();
    await button(socketio, 'Sin red 10 s').click();
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const width of [1280, 360]) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        await page.setViewportSize({ width, height: 900 });
        expect(await page.evaluate('document.documentElement.scrollWidth')).to.be.at.most(width);
        expect(await violationsOf(page), `${colorScheme}, ${width}`).to.deep.equal([]);
      }
    }
  });

  // --- the page ---

  function pane(title: (typeof TITLES)[number]): Locator {
    return page.getByRole('article', { name: title, exact: true });
  }

  function panes(): Locator[] {
    return TITLES.map(pane);
  }

  async function areOnline(): Promise<void> {
    for (const pane of panes()) await isIn(pane, 'en línea');
  }

  async function pressInAll(name: string): Promise<void> {
    for (const pane of panes()) await button(pane, name).click();
  }

  async function haveHeard(least: number): Promise<void> {
    for (const pane of panes())
      for (let heard = 0; heard < least; heard = (await figuresOf(pane)).received!) await page.evaluate(NEXT_FRAME);
  }

  /** Each pane comes to have received so many messages, and there is nothing wrong with them. */
  async function missedNothing(
    received: number,
    how: 'something was replayed' | 'nothing was replayed',
  ): Promise<void> {
    for (const pane of panes()) {
      await shows(pane, { received });
      const { replayed } = await figuresOf(pane);
      if (how === 'something was replayed') expect(replayed).to.be.within(1, received);
      else expect(replayed).to.equal(0);
    }
  }

  // --- the third parties ---

  /** By each door somebody who talks, and does not stop: numbered, so that the panes see for themselves. */
  async function startChatter({ most = Number.POSITIVE_INFINITY, filling = '' } = {}) {
    let stopped = false;
    const talk = async (client: Client) => {
      const run = unique('run');
      let n = 0;
      while (!stopped && n < most / DOORS.length) {
        n += 1;
        await client.request({
          type: 'chat',
          content: `${n}`,
          data: { run, n, of: 10_000, ...(filling && { filling }) },
        });
        await setTimeout(PACE);
      }
      return n;
    };
    const clients = await Promise.all(DOORS.map((door) => connect(door, server.url, { userId: `chatter-${door}` })));
    const done = Promise.all(clients.map(talk)).then((counts) => counts.reduce((sum, n) => sum + n));
    const stop = () => {
      stopped = true;
      return done;
    };
    return { done, stop };
  }
});

// As text: the specs are compiled without the types of a browser.
const NEXT_FRAME = 'new Promise((resolve) => requestAnimationFrame(() => resolve()))';

const NAMES = ['received', 'replayed', 'duplicated', 'lost', 'outOfOrder'] as const;

function button(pane: Locator, name: string): Locator {
  return pane.getByRole('button', { name, exact: true });
}

function isIn(pane: Locator, state: string): Promise<void> {
  return pane.getByRole('status').getByText(state, { exact: true }).waitFor();
}

/** The user's own name, once the server has confirmed it. */
function nameIn(pane: Locator): Promise<string> {
  return pane.locator('.person.self bdi').innerText();
}

function tells(pane: Locator, words: string | RegExp): Promise<void> {
  return pane.locator('.told').getByRole('status').getByText(words, { exact: true }).waitFor();
}

/** The countdown has come to so many seconds. */
function counts(pane: Locator, seconds: number): Promise<void> {
  return pane.getByRole('timer').getByText(`${seconds} s`, { exact: true }).waitFor();
}

async function figuresOf(pane: Locator): Promise<Partial<Record<(typeof NAMES)[number], number>>> {
  const figures = await pane.locator('.tally dd').allTextContents();
  return Object.fromEntries(NAMES.map((name, i) => [name, Number(figures[i]!.replace('.', ''))]));
}

/** Waits for these figures; those of what must not be are 0 unless they are given. */
async function shows(pane: Locator, figures: Partial<Record<(typeof NAMES)[number], number>>): Promise<void> {
  for (const [name, n] of Object.entries({ duplicated: 0, lost: 0, outOfOrder: 0, ...figures })) {
    const value = pane.locator('.tally dd').nth(NAMES.indexOf(name as (typeof NAMES)[number]));
    await value.and(pane.page().getByText(new RegExp(`^${n}$`))).waitFor();
  }
}

/** How many frames the pane has seen. */
function trafficOf(pane: Locator): Promise<string | null> {
  return pane.locator('.counters').textContent();
}

function comings(messages: readonly Message[]): string[] {
  const types = messages.map(({ type, data }) => (isChatter(data) ? '' : type));
  return types.filter((type) => type === 'user_joined' || type === 'user_left');
}

function isChatter(data: unknown): boolean {
  return String((data as { userId?: unknown } | null)?.userId).startsWith('chatter');
}

function upTo(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i + 1);
}
