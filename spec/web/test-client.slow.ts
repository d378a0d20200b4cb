import { expect } from 'chai';
import type { Locator, Page } from 'playwright-core';
import { violationsOf } from '../support/axe.ts';
import { openBrowser, type TestBrowser, type Visit } from '../support/browser.ts';
import { closeAll, connect, type Options } from '../support/client.ts';
import { rowsOf, unique } from '../support/messages.ts';
import { type Running, startServer } from '../support/server.ts';
import { SECRET, tokenOf } from '../support/tokens.ts';

type Title = 'WebSocket' | 'Socket.IO';

const PATIENCE = 10_000;
const BOTH: [Title, Title][] = [
  ['WebSocket', 'Socket.IO'],
  ['Socket.IO', 'WebSocket'],
];

describe('/ws/test in a real browser', function () {
  this.timeout(60_000);

  let browser: TestBrowser;
  let server: Running;
  let visit: Visit;
  let page: Page;

  before(async function () {
    browser = await openBrowser(this);
  });

  async function enter(query?: string): Promise<void> {
    await open(query);
    await bothAreOnline();
  }

  async function open(query = ''): Promise<void> {
    visit = await browser.visit(`${server.url}/ws/test${query}`, {
      locale: 'es-ES',
      viewport: { width: 1280, height: 900 },
    });
    page = visit.page;
    page.setDefaultTimeout(PATIENCE);
  }

  async function bothAreOnline(): Promise<void> {
    for (const [title] of BOTH) await isIn(pane(title), 'en línea');
  }

  async function leave(): Promise<void> {
    await browser?.closeVisits();
    await closeAll();
    await server?.close();
  }

  /** @param nth of the panes of that kind */
  function pane(title: Title, nth = 0): Locator {
    return page.getByRole('article', { name: title, exact: true }).nth(nth);
  }

  function node(options: Options = {}, door: 'ws' | 'socketio' = 'ws') {
    return connect(door, server.url, { username: 'Nodo', userId: 'node', ...options });
  }

  function isClean(): void {
    expect(visit.problems).to.deep.equal([]);
  }

  for (const [title, other] of BOTH) {
    describe(`the ${title} pane`, () => {
      // Fresh panes for each case are enough: to open the page anew takes longer.
      before(async () => {
        server = await startServer();
        await enter();
      });

      beforeEach(async () => {
        const close = page.getByRole('button', { name: 'Cerrar el panel' });
        while ((await close.count()) > 0) await close.first().click();
        for (const [one] of BOTH) await page.getByRole('button', { name: `Otro ${one}` }).click();
        await bothAreOnline();
      });

      afterEach(closeAll);

      after(leave);

      it('talks with the other pane and with clients in Node by both doors', async () => {
        const nodes = [await node({ userId: 'n1' }, 'ws'), await node({ userId: 'n2' }, 'socketio')];
        await sees(pane(title), 'Nodo se ha unido al chat');
        await say(pane(title), '¿Me oyes? <i>&amp;');
        const from = await nameIn(pane(title));
        for (const one of nodes) await one.next({ type: 'chat', from, content: '¿Me oyes? <i>&amp;' }, PATIENCE);
        await message(pane(other), '¿Me oyes? <i>&amp;', from).waitFor();
        await message(pane(title), '¿Me oyes? <i>&amp;', from).getByTitle('El servidor lo ha recibido').waitFor();
        await say(pane(other), 'Sí');
        await message(pane(title), 'Sí', await nameIn(pane(other))).waitFor();
        for (const [i, one] of nodes.entries()) {
          one.send({ type: 'chat', content: `soy ${i}`, data: { n: i } });
          await message(pane(title), `soy ${i}`, 'Nodo').getByText(`{"n":${i}}`).waitFor();
        }
        isClean();
      });

      it('is in rooms', async () => {
        const room = unique('sala');
        const mate = await node({ rooms: [room] });
        await join(pane(title), room);
        await pane(title).getByRole('button', { name: room, pressed: true }).waitFor();
        await lists(pane(title), [await nameIn(pane(title)), 'Nodo']);
        await say(pane(title), 'aquí dentro');
        await mate.next({ type: 'chat', room, content: 'aquí dentro' }, PATIENCE);
        mate.send({ type: 'chat', content: 'y aquí fuera' });
        await message(pane(other), 'y aquí fuera').waitFor();
        expect(await said(pane(other))).to.deep.equal(['y aquí fuera']);
        expect(await said(pane(title))).to.deep.equal(['aquí dentro']);
        const general = pane(title).getByRole('button', { name: /^general/ });
        await general.getByText('1').waitFor();
        await general.click();
        await message(pane(title), 'y aquí fuera').waitFor();
        await pane(title)
          .getByRole('button', { name: `Salir de ${room}` })
          .click();
        await mate.next({ type: 'user_left', room }, PATIENCE);
        await pane(title).getByRole('button', { name: room, exact: true }).waitFor({ state: 'detached' });
        isClean();
      });

      it('writes to one user alone', async () => {
        const [from, to] = [await nameIn(pane(title)), await nameIn(pane(other))];
        const third = await node();
        await pane(title)
          .getByRole('button', { name: `Escribir a ${to}` })
          .click();
        await pane(title).getByRole('textbox', { name: 'Mensaje' }).and(page.locator(':focus')).waitFor();
        await say(pane(title), 'entre nosotros');
        for (const one of [title, other])
          await message(pane(one), 'entre nosotros', from).getByText(`directo a ${to}`).waitFor();
        await third.barrier(PATIENCE);
        expect(third.messages.filter(({ type }) => type === 'chat')).to.deep.equal([]);
        third.send({
          type: 'chat',
          content: 'y entre tú y yo',
          to: rowsOf(third.welcome).find(({ username }) => username === from)!.id,
        });
        await message(pane(title), 'y entre tú y yo', 'Nodo').getByText(`directo a ${from}`).waitFor();
        isClean();
      });

      it('sends notifications and heartbeats', async () => {
        await choose(pane(title), 'notification');
        await say(pane(title), 'Aviso');
        await message(pane(other), 'Aviso').getByText('notification', { exact: true }).waitFor();
        await choose(pane(title), 'heartbeat');
        await say(pane(title), 'pum');
        await log(pane(title))
          .getByText(/^♥ pum respondido en [\d.,]+ ms$/)
          .waitFor();
        isClean();
      });

      it('sends JSON as it was written, and shows the error of the server', async () => {
        await choose(pane(title), 'JSON');
        const area = pane(title).getByRole('textbox', { name: 'Mensaje en JSON' });
        const send = pane(title).getByRole('button', { name: /^Enviar( tal cual)?$/ });
        await area.fill('{"type":"chat","content":"a mano","data":[1,{"dos":null}]}');
        await pane(title).getByText('JSON válido · 58 B').waitFor();
        await area.press('Control+Enter');
        await message(pane(other), 'a mano').getByText('[1,{"dos":null}]').waitFor();
        await area.fill('{"type":"Chat","content":"mal"}');
        await send.click();
        await pane(title).getByRole('alert').getByText('unknown_type').waitFor();
        await area.fill('{"type":"chat","content":"mal","room":"desconocida"}');
        await send.click();
        await pane(title).getByRole('alert').getByText('not_in_room').waitFor();
        await area.fill('{"type":');
        await pane(title)
          .getByText(/^No es JSON: /)
          .waitFor();
        expect(await send.textContent()).to.equal('Enviar tal cual');
        expect(await send.isDisabled()).to.equal(title === 'Socket.IO');
        if (title === 'WebSocket') {
          await send.click();
          await pane(title).getByRole('alert').getByText('invalid_json').waitFor();
        }
        expect(await said(pane(other))).to.deep.equal(['a mano']);
        isClean();
      });

      it('counts its frames and shows them with their sizes', async () => {
        const before = await countOf(pane(title), 'enviadas');
        await say(pane(title), 'una trama');
        await message(pane(title), 'una trama').getByTitle('El servidor lo ha recibido').waitFor();
        expect(await countOf(pane(title), 'enviadas')).to.equal(before + 1);
        const tab = pane(title).getByRole('tab', { name: /^Tramas/ });
        const total = (await countOf(pane(title), 'enviadas')) + (await countOf(pane(title), 'recibidas'));
        expect(await tab.locator('.badge').textContent()).to.equal(String(total));
        await tab.click();
        const frames = pane(title).getByRole('list', { name: 'Tramas' }).getByRole('listitem');
        expect(await frames.count()).to.equal(total);
        const sent = frames.filter({ hasText: 'una trama' }).last();
        await sent.locator('summary').click();
        const text = (await sent.locator('pre', { hasText: 'una trama' }).textContent())!;
        const body = /"content":"una trama","clientMsgId":"[\w-]+"\}/;
        expect(text)
          .to.match(title === 'WebSocket' ? /^\{"type":"chat",/ : /^42\["chat",\{/)
          .and.to.match(body);
        expect(await sent.locator('.size').textContent()).to.equal(`${Buffer.byteLength(text)} B`);
        await pane(title).getByRole('button', { name: 'Vaciar' }).click();
        await pane(title).getByText('Aquí aparece cada trama tal como viaja.').waitFor();
        isClean();
      });

      it('is cut and mended, and the other pane sees it', async () => {
        const [name, others] = [await nameIn(pane(title)), await nameIn(pane(other))];
        const room = unique('sala');
        await join(pane(title), room);
        await join(pane(other), room);
        await pane(title).getByRole('button', { name: 'Cortar' }).click();
        await isIn(pane(title), 'cortada');
        await sees(pane(other), `${name} ha salido del chat`);
        await lists(pane(other), [others]);
        expect(await pane(title).getByRole('textbox', { name: 'Mensaje' }).isDisabled()).to.equal(true);
        await say(pane(other), 'luego me oirás');
        await message(pane(other), 'luego me oirás').waitFor();
        await pane(title).getByRole('button', { name: 'Reconectar' }).click();
        await isIn(pane(title), 'en línea');
        await sees(pane(other), `${name} se ha unido al chat`);
        await sees(pane(title), 'De nuevo en línea. Mensajes que faltaban: 1.');
        await lists(pane(title), [name, others]);
        await say(pane(other), 'ya sí');
        await message(pane(title), 'ya sí').waitFor();
        expect(await said(pane(title))).to.deep.equal(['luego me oirás', 'ya sí']);
        isClean();
      });

      it('changes its name', async () => {
        const before = await nameIn(pane(title));
        await pane(title).getByLabel('Nombre').fill('Zoé 🎈');
        await pane(title).getByRole('button', { name: 'Cambiar' }).click();
        await sees(pane(other), `${before} ha salido del chat`);
        await sees(pane(other), 'Zoé 🎈 se ha unido al chat');
        await isIn(pane(title), 'en línea');
        await say(pane(title), 'soy la de antes');
        await message(pane(other), 'soy la de antes', 'Zoé 🎈').waitFor();
        isClean();
      });

      it('has company: a third pane is added, and closed', async () => {
        await page.getByRole('button', { name: `Otro ${title}` }).click();
        const third = pane(title, 1);
        await third.getByLabel('Nombre').and(page.locator(':focus')).waitFor();
        await isIn(third, 'en línea');
        const [name, others] = [await nameIn(third), await nameIn(pane(other))];
        await lists(pane(other), [others, await nameIn(pane(title)), name]);
        await say(third, 'somos tres');
        await message(pane(title), 'somos tres', name).waitFor();
        await message(pane(other), 'somos tres', name).waitFor();
        await third.getByRole('button', { name: 'Cerrar el panel' }).click();
        await sees(pane(other), `${name} ha salido del chat`);
        isClean();
      });
    });
  }

  describe('the page', () => {
    beforeEach(async () => {
      server = await startServer();
      await enter();
    });

    afterEach(leave);

    it('opens connected by both doors, and each sees the other', async () => {
      expect(visit.sockets.map((url) => new URL(url).pathname)).to.have.members(['/ws', '/socket.io/']);
      const [ws, socketio] = [await nameIn(pane('WebSocket')), await nameIn(pane('Socket.IO'))];
      expect(ws).not.to.equal(socketio);
      await sees(pane('WebSocket'), `${socketio} se ha unido al chat`);
      for (const [title] of BOTH) {
        await lists(pane(title), [ws, socketio]);
        await pane(title).getByText('tú', { exact: true }).waitFor();
        await pane(title).getByRole('button', { name: 'general', pressed: true }).waitFor();
      }
      isClean();
    });

    it('without panes says how to get one', async () => {
      for (const [title] of BOTH) await pane(title).getByRole('button', { name: 'Cerrar el panel' }).click();
      await page.getByText('No queda ningún panel. Añade uno con los botones de arriba.').waitFor();
      await page.getByRole('button', { name: 'Otro Socket.IO' }).click();
      await isIn(pane('Socket.IO'), 'en línea');
      isClean();
    });

    it('comes into the rooms of its address', async () => {
      await browser.closeVisits();
      const mate = await node({ rooms: ['sala-1', 'sala-2'] });
      await enter('?room=sala-1&room=sala-2');
      for (const [title] of BOTH) {
        await pane(title).getByRole('button', { name: 'sala-2', pressed: true }).waitFor();
        await say(pane(title), `por ${title}`);
        await mate.next({ type: 'chat', room: 'sala-2', content: `por ${title}` }, PATIENCE);
      }
      isClean();
    });

    it('comes back into its rooms when the server does', async () => {
      for (const [title] of BOTH) await join(pane(title), 'sala-1');
      await server.close();
      for (const [title] of BOTH) await isIn(pane(title), /^perdida, se reintenta/);
      server = await startServer({ port: Number(new URL(server.url).port) });
      const mate = await node({ rooms: ['sala-1'] });
      for (const [title] of BOTH) {
        await isIn(pane(title), 'en línea');
        await say(pane(title), 'otra vez');
        await mate.next({ type: 'chat', room: 'sala-1', from: await nameIn(pane(title)) }, PATIENCE);
      }
    });

    it('tells why it is refused', async () => {
      await server.close();
      server = await startServer({ port: Number(new URL(server.url).port), maxConnections: 1 });
      await node();
      for (const [title] of BOTH) {
        const state = pane(title).getByRole('status');
        await state.getByText('perdida, se reintenta: El servidor está lleno').waitFor();
      }
    });

    it('asks for a token where one is needed, and is then who that says', async () => {
      await browser.closeVisits();
      await server.close();
      server = await startServer({ jwtSecret: SECRET });
      await open();
      for (const [title] of BOTH) {
        await pane(title).getByRole('status').getByText('Token inválido').waitFor();
        await pane(title)
          .getByLabel('Token')
          .fill(await tokenOf(`test-${title}`, { name: `Ana ${title}` }));
        await pane(title).getByRole('button', { name: 'Cambiar' }).click();
        await isIn(pane(title), 'en línea');
        expect(await nameIn(pane(title))).to.equal(`Ana ${title}`);
      }
      for (const [title, other] of BOTH) {
        await say(pane(title), `por ${title}`);
        await message(pane(other), `por ${title}`, `Ana ${title}`).waitFor();
        await pane(title).locator('.person.self').getByText(`Ana ${title}`).waitFor();
      }
      expect(await violationsOf(page)).to.deep.equal([]);
      visit.problems.length = 0; // The browser has told of the refused handshakes.
    });

    it('works in a namespace', async () => {
      await browser.closeVisits();
      await server.close();
      server = await startServer({ namespace: '/chat' });
      await enter();
      for (const [title, other] of BOTH) {
        await say(pane(title), `por ${title}`);
        await message(pane(other), `por ${title}`, await nameIn(pane(title))).waitFor();
      }
      await pane('Socket.IO')
        .getByRole('tab', { name: /^Tramas/ })
        .click();
      await pane('Socket.IO')
        .getByText(/^42\/chat,\["chat",/)
        .first()
        .waitFor();
      isClean();
    });

    it('is used by keyboard alone', async () => {
      const ws = pane('WebSocket');
      await ws.getByRole('textbox', { name: 'Mensaje' }).focus();
      await page.keyboard.type('con teclas');
      await page.keyboard.press('Enter');
      await message(pane('Socket.IO'), 'con teclas').waitFor();
      await ws.getByRole('tab', { name: 'Conversación' }).focus();
      await page.keyboard.press('ArrowRight');
      await ws
        .getByRole('tab', { name: /^Tramas/, selected: true })
        .and(page.locator(':focus'))
        .waitFor();
      await ws.getByRole('list', { name: 'Tramas' }).waitFor();
      await page.keyboard.press('Home');
      await log(ws).waitFor();
      await ws.getByRole('radio', { name: 'chat' }).focus();
      await page.keyboard.press('ArrowLeft');
      await ws.getByRole('textbox', { name: 'Mensaje en JSON' }).waitFor();
      isClean();
    });

    it('is accessible and fits a narrow window when it is full of things', async () => {
      const long = 'W'.repeat(60);
      const mate = await node({ username: long });
      for (const [title] of BOTH) {
        await join(pane(title), 'sala/con.nombre:largo@y-mas_largo'.repeat(3));
        await pane(title)
          .getByRole('button', { name: /^general/ })
          .click();
        await say(pane(title), long.repeat(4));
        await choose(pane(title), 'JSON');
        await pane(title).getByRole('textbox', { name: 'Mensaje en JSON' }).fill('{"type":"no"}');
        await pane(title).getByRole('button', { name: 'Enviar', exact: true }).click();
        await pane(title).getByRole('alert').getByText('unknown_type').waitFor();
      }
      await pane('WebSocket').getByRole('radio', { name: 'chat' }).check();
      await pane('WebSocket')
        .getByRole('button', { name: `Escribir a ${long}` })
        .click();
      await say(pane('WebSocket'), 'directo');
      await message(pane('WebSocket'), 'directo').getByText(`directo a ${long}`).waitFor();
      mate.send({ type: 'notification', content: long, data: { [long]: [long, long] } });
      for (const [title] of BOTH) await message(pane(title), long, long).waitFor();
      await pane('Socket.IO')
        .getByRole('tab', { name: /^Tramas/ })
        .click();
      await pane('Socket.IO').locator('summary').first().click();
      for (const colorScheme of ['light', 'dark'] as const) {
        for (const width of [1280, 360]) {
          await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
          await page.setViewportSize({ width, height: 900 });
          expect(await page.evaluate('document.documentElement.scrollWidth')).to.be.at.most(width);
          expect(await violationsOf(page), `${colorScheme}, ${width}`).to.deep.equal([]);
          for (const one of await page.locator('.log:visible').all())
            expect(await one.evaluate(TOO_WIDE)).to.equal(false);
        }
      }
      isClean();
    });
  });
});

// As text: the specs are compiled without the types of a browser.
const TOO_WIDE = new Function('one', 'return one.scrollWidth > one.clientWidth') as (one: unknown) => boolean;

function isIn(pane: Locator, state: string | RegExp): Promise<void> {
  return pane.getByRole('status').getByText(state, { exact: true }).waitFor();
}

/** The user's own name, once the server has confirmed it. */
function nameIn(pane: Locator): Promise<string> {
  return pane.locator('.person.self bdi').innerText();
}

/** Waits until these are listed, and nobody else. */
async function lists(pane: Locator, names: (string | null)[]): Promise<void> {
  const people = pane.locator('.people');
  await people.getByRole('heading', { name: `En la sala ${names.length}`, exact: true }).waitFor();
  expect(await people.locator('bdi').allTextContents()).to.have.members(names);
}

function log(pane: Locator): Locator {
  return pane.getByRole('log', { name: 'Conversación' });
}

/** A line about comings and goings. */
function sees(pane: Locator, note: string): Promise<void> {
  return log(pane).getByText(note, { exact: true }).filter({ visible: true }).first().waitFor();
}

/** What people have said in the room that is looked at. */
function said(pane: Locator): Promise<string[]> {
  return log(pane).locator('.message:visible .said').allTextContents();
}

function message(pane: Locator, content: string, from = ''): Locator {
  const whole = log(pane)
    .locator('.message')
    .filter({ has: pane.page().getByText(content, { exact: true }) });
  return whole.filter({ has: pane.page().locator('bdi', { hasText: from }) });
}

async function say(pane: Locator, content: string): Promise<void> {
  await pane.getByRole('textbox', { name: 'Mensaje' }).fill(content);
  await pane.getByRole('button', { name: 'Enviar', exact: true }).click();
}

async function join(pane: Locator, room: string): Promise<void> {
  await pane.getByRole('textbox', { name: 'Sala' }).fill(room);
  await pane.getByRole('button', { name: 'Unirse' }).click();
  await pane.getByRole('button', { name: room, pressed: true }).waitFor();
}

function choose(pane: Locator, kind: string): Promise<void> {
  return pane.getByRole('radio', { name: kind, exact: true }).check();
}

async function countOf(pane: Locator, direction: 'enviadas' | 'recibidas'): Promise<number> {
  return Number(await pane.locator('.counters').getByTitle(direction).locator('b').textContent());
}
