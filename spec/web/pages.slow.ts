import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { violationsOf } from '../support/axe.ts';
import { openBrowser, type TestBrowser, type Visit } from '../support/browser.ts';
import { type Running, startServer } from '../support/server.ts';
import { type Focus, tabThrough } from '../support/tabbing.ts';

type Lang = 'es' | 'en';
type Texts = Record<Lang, string>;

interface Described {
  path: string;
  title: Texts;
  heading: Texts;
  /** What is there once the page has done all that it does by itself, and how often. */
  last: Texts & { times: number };
  /** Controls that must be reached by keyboard. */
  controls: string[];
}

const LIVE = {
  es: 'En directo: cifras nuevas cada segundo',
  en: 'Live: new figures every second',
  times: 1,
};

const PAGES: Described[] = [
  {
    path: '/',
    title: { es: 'Ambos', en: 'Ambos' },
    heading: {
      es: 'Quien llega por WebSocket y quien llega por Socket.IO hablan en la misma sala.',
      en: 'Those who come by WebSocket and those who come by Socket.IO talk in the same room.',
    },
    last: LIVE,
    controls: ['a Probarlo ahora', 'a Conectar una aplicación', 'a Cliente de prueba', 'a /healthz'],
  },
  {
    path: '/ws/test',
    title: { es: 'Cliente de prueba · Ambos', en: 'Test client · Ambos' },
    heading: { es: 'Cliente de prueba', en: 'Test client' },
    last: { es: 'en línea', en: 'online', times: 2 },
    controls: [
      'button Otro WebSocket',
      'button Otro Socket.IO',
      'summary ¿De verdad no se pierde nada?',
      'button Cortar',
      'button Cerrar el panel',
      'input Nombre',
      'button Cambiar',
      'input Sala',
      'button Unirse',
      'button general',
      'button Medio abierta',
      'button Sin red 10 s',
      'button Lento 10 s',
      'button Enviar dos veces',
      'button Enviar 100',
      'button Enviar 200 grandes',
      'button Conversación',
      'div Conversación',
      'input chat',
      'select Para',
      'input Mensaje',
      'button Enviar',
    ],
  },
  {
    path: '/websocket',
    title: { es: 'Integración · Ambos', en: 'Integration · Ambos' },
    heading: { es: 'Conecta tu aplicación', en: 'Connect your application' },
    last: { es: 'JavaScript', en: 'JavaScript', times: 1 },
    controls: [
      'a Direcciones',
      'a /ws/stats',
      'button Enviar: chat por WebSocket',
      'button Enviar: chat por Socket.IO',
      'button Invitar a alguien: user_left por Socket.IO',
      'pre chat por WebSocket',
      'button Copiar',
      'button JavaScript',
    ],
  },
  {
    path: '/ws/dashboard',
    title: { es: 'Panel · Ambos', en: 'Dashboard · Ambos' },
    heading: { es: 'Panel', en: 'Dashboard' },
    last: { es: 'Retraso del event loop (ms)', en: 'Event-loop delay (ms)', times: 1 },
    controls: ['input 1 min', 'a /ws/stats'],
  },
];

const ON_ALL = [
  'a Ambos',
  'a Inicio',
  'a Integración',
  'a Cliente de prueba',
  'a Panel',
  'a EN English',
  'button Tema oscuro',
];
const NAVIGATION = {
  es: ['Inicio', 'Integración', 'Cliente de prueba', 'Panel'],
  en: ['Home', 'Integration', 'Test client', 'Dashboard'],
};

const WIDE = { width: 1280, height: 800 };
const NARROW = { width: 360, height: 740 };
const LOOKS = [
  { colorScheme: 'light', viewport: WIDE },
  { colorScheme: 'dark', viewport: WIDE },
  { colorScheme: 'dark', viewport: NARROW },
  { colorScheme: 'light', viewport: NARROW },
] as const;

describe('pages in a real browser', function () {
  this.timeout(60_000);

  let browser: TestBrowser;
  let server: Running;

  before(async function () {
    browser = await openBrowser(this);
  });

  beforeEach(async () => {
    server = await startServer();
  });

  afterEach(async () => {
    await browser?.closeVisits();
    await server?.close();
  });

  async function open(path: string, options: Parameters<TestBrowser['visit']>[1] = {}): Promise<Visit> {
    return browser.visit(server.url + path, { viewport: WIDE, reducedMotion: 'reduce', ...options });
  }

  for (const described of PAGES) {
    const { path } = described;

    describe(path, () => {
      for (const [lang, other] of [
        ['es', 'en-US'],
        ['en', 'es-ES'],
      ] as const) {
        it(`is whole, accessible and as wide as its window in "${lang}"`, async () => {
          const { page, problems } = await open(`${path}?lang=${lang}`, { locale: other });
          await speaks(page, described, lang);
          for (const one of LOOKS) {
            const { colorScheme, viewport } = one;
            const look = `${colorScheme}, ${viewport.width} px`;
            await page.emulateMedia({ colorScheme });
            await page.setViewportSize(viewport);
            expect(await page.evaluate(WIDTH), look).to.be.at.most(viewport.width);
            // In the other language only the words are others.
            if (lang === 'es' || LOOKS.indexOf(one) % 2 === 0) expect(await violationsOf(page), look).to.deep.equal([]);
          }
          expect(problems).to.deep.equal([]);
        });
      }

      it('speaks English to an English browser', async () => {
        const { page, problems } = await open(path, { locale: 'en-GB' });
        await speaks(page, described, 'en');
        expect(problems).to.deep.equal([]);
      });

      it('speaks Spanish to a Spanish browser; by keyboard all is reached, and one sees where one is', async () => {
        const { page, problems } = await open(path, { locale: 'es-MX' });
        await speaks(page, described, 'es');
        const stops = await tabThrough(page);
        expect(stops[0]).to.include({ name: 'a Ir al contenido' });
        expect(stops.map(({ name }) => name)).to.include.members([...ON_ALL, ...described.controls]);
        expect(stops.filter(({ seen }) => !seen).map(({ name }: Focus) => name)).to.deep.equal([]);
        expect(problems).to.deep.equal([]);
      });
    });
  }

  it('whoever reads neither is spoken to in Spanish', async () => {
    const { page } = await open('/', { locale: 'fr-FR' });
    await speaks(page, PAGES[0]!, 'es');
  });

  it('the first key skips to the content', async () => {
    const { page } = await open('/ws/test', { locale: 'es-ES' });
    await page.getByText('Ir al contenido').waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.locator('main:focus').waitFor();
    await page.keyboard.press('Tab');
    await page.locator('button:focus', { hasText: 'Otro WebSocket' }).waitFor();
  });

  it('links keep a language that was asked for, and its switch goes to the other one', async () => {
    const { page, problems } = await open('/?lang=en', { locale: 'es-ES' });
    await page.getByRole('link', { name: 'Try it now' }).click();
    await page.getByRole('heading', { level: 1, name: 'Test client' }).waitFor();
    await page.getByRole('navigation').getByRole('link', { name: 'Integration' }).click();
    await page.getByRole('heading', { level: 1, name: 'Connect your application' }).waitFor();
    await page.getByRole('link', { name: 'Errors' }).click();
    await page.getByRole('link', { name: 'ES Español' }).click();
    await page.getByRole('heading', { level: 1, name: 'Conecta tu aplicación' }).waitFor();
    expect(page.url()).to.equal(`${server.url}/websocket?lang=es#errors`);
    expect(problems).to.deep.equal([]);
  });

  it('the theme follows the system until it is chosen, and the choice stays', async () => {
    const { page } = await open('/', { locale: 'es-ES', colorScheme: 'dark' });
    const button = page.getByRole('button', { name: 'Tema oscuro' });
    await page.getByRole('button', { name: 'Tema oscuro', pressed: true }).waitFor();
    const dark = await page.evaluate(BACKGROUND);
    await page.emulateMedia({ colorScheme: 'light' });
    await page.getByRole('button', { name: 'Tema oscuro', pressed: false }).waitFor();
    const light = await page.evaluate(BACKGROUND);
    expect(light).not.to.equal(dark);
    await button.click();
    await page.getByRole('button', { name: 'Tema oscuro', pressed: true }).waitFor();
    expect(await page.evaluate(BACKGROUND)).to.equal(dark);
    await page.goto(`${server.url}/ws/dashboard`);
    await page.getByRole('button', { name: 'Tema oscuro', pressed: true }).waitFor();
    expect(await page.evaluate(BACKGROUND)).to.equal(dark);
  });

  it('the figures of the home page follow the server', async () => {
    const { page, problems } = await open('/', { locale: 'es-ES' });
    await page.getByRole('status').getByText(LIVE.es).waitFor();
    const client = await open('/ws/test', { locale: 'es-ES' });
    await client.page.getByText('en línea').nth(1).waitFor();
    for (const name of ['WebSocket abiertos', 'Socket.IO abiertos'])
      await page.locator('.figure', { hasText: name }).locator('dd', { hasText: /^1$/ }).waitFor();
    for (const [name, figure] of [
      ['ws', '1'],
      ['socketio', '1'],
      ['users', '2'],
    ])
      await page.locator(`[data-figure=${name}]`, { hasText: figure! }).waitFor();
    expect(problems).to.deep.equal([]);
  });
});

const WIDTH = 'document.documentElement.scrollWidth';
const BACKGROUND = 'getComputedStyle(document.body).backgroundColor';

/** Waits for the whole page, and looks at its language. */
async function speaks(page: Page, { path, title, heading, last }: Described, lang: Lang): Promise<void> {
  await page
    .getByText(last[lang], { exact: true })
    .nth(last.times - 1)
    .waitFor();
  await page.getByRole('heading', { level: 1, name: heading[lang], exact: true }).waitFor();
  expect(await page.title()).to.equal(title[lang]);
  expect(await page.locator('html').getAttribute('lang')).to.equal(lang);
  const links = page.getByRole('banner').getByRole('navigation').getByRole('link');
  expect(await links.allTextContents()).to.deep.equal(NAVIGATION[lang]);
  const here = page.getByRole('banner').locator('[aria-current=page]');
  expect(new URL((await here.getAttribute('href'))!, 'http://x').pathname).to.equal(path);
  // Names of texts that were never put in, and holes that were never filled.
  expect(await page.locator('[data-t]').count()).to.equal(0);
  expect(await page.locator('main').innerText()).not.to.match(
    /\bundefined\b|\bNaN\b|(?<!\$)\{(name|room|n|door|type|size)\}/,
  );
}
