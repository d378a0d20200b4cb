import { expect } from 'chai';
import { openBrowser, type TestBrowser, type Visit } from '../support/browser.ts';
import { closeAll, connect, type SdkClient } from '../support/client.ts';
import { type Message, nOf } from '../support/messages.ts';
import { type Pages, SNIPPETS, servePages } from '../support/pages.ts';
import { type Running, startServer } from '../support/server.ts';

const PATIENCE = 20_000;
const STYLES = SNIPPETS.map((file) => file.replace('.js', ''));

describe('snippets to copy, in a real browser', function () {
  this.timeout(60_000);

  let browser: TestBrowser;
  let server: Running;
  let pages: Pages;
  let node: SdkClient;

  before(async function () {
    browser = await openBrowser(this);
    server = await startServer();
    const { host } = new URL(server.url);
    pages = await servePages(SNIPPETS, (script) => script.replaceAll('localhost:3000', host));
  });

  beforeEach(async () => {
    node = await connect('socketio', server.url, { username: 'Node', userId: 'node' });
  });

  afterEach(async () => {
    await browser?.closeVisits();
    await closeAll();
  });

  after(async () => {
    await pages?.close();
    await server?.close();
  });

  function enter(style: string): Promise<Visit> {
    return browser.visit(pages.urlOf(style, server.url, { username: '', userId: '' }));
  }

  /** A message about a user, younger than another: StrictMode's first socket comes and goes before. */
  function about(type: string, username: string, { id }: Pick<Message, 'id'> = node.welcome): Promise<Message> {
    const isIt = (message: Message) =>
      message.type === type && nOf(message.id) > nOf(id) && Object(message.data).username === username;
    return node.next(isIt, PATIENCE);
  }

  for (const style of STYLES) {
    it(`${style}.js connects, chats and leaves`, async () => {
      const visit = await enter(style);
      await about('user_joined', 'Ana');
      if (style === 'snippet-vanilla') await node.next({ type: 'chat', from: 'Ana', content: '¡Hola!' }, PATIENCE);
      else if (style !== 'snippet-socketio') await visit.page.getByText('online', { exact: true }).waitFor();
      await say(visit, '<b>Hola</b>');
      const heard = await node.next({ type: 'chat', from: 'Ana', content: '<b>Hola</b>' }, PATIENCE);
      await see(visit, 'Ana: <b>Hola</b>');
      node.send({ type: 'chat', content: '¿Qué tal?' });
      await see(visit, 'Node: ¿Qué tal?');
      await visit.page.getByRole('button', { name: 'Leave' }).click();
      await about('user_left', 'Ana', heard);
      expect(visit.problems).to.deep.equal([]);
    });
  }

  for (const style of ['snippet-react', 'snippet-vue']) {
    it(`${style}.js follows its name`, async () => {
      const visit = await enter(style);
      await visit.page.getByText('online', { exact: true }).waitFor();
      await visit.page.getByRole('button', { name: 'Rename' }).click();
      await about('user_joined', 'Lola');
      await about('user_left', 'Ana');
      await visit.page.getByText('online', { exact: true }).waitFor();
      await say(visit, 'soy Lola');
      await node.next({ type: 'chat', from: 'Lola', content: 'soy Lola' }, PATIENCE);
      expect(visit.problems).to.deep.equal([]);
    });
  }

  it('all of them come back when the server does', async () => {
    const visits = await Promise.all(STYLES.map(enter));
    for (const visit of visits) await hears(visit, '¿Estás?');
    const { url } = server;
    await server.close();
    server = await startServer({ port: Number(new URL(url).port) });
    node = await connect('socketio', url, { username: 'Node', userId: 'node' });
    for (const visit of visits) await hears(visit, '¿Otra vez?');
  });

  /** What is said before a page has come does not reach it, so it is said until it does. */
  async function hears(visit: Visit, content: string): Promise<void> {
    const timer = setInterval(() => node.send({ type: 'chat', content }), 100);
    await see(visit, `Node: ${content}`).finally(() => clearInterval(timer));
  }
});

async function say({ page }: Visit, content: string): Promise<void> {
  await page.getByLabel('Message').fill(content);
  await page.getByRole('button', { name: 'Send' }).click();
}

function see({ page }: Visit, line: string): Promise<void> {
  return page.getByRole('listitem').getByText(line).first().waitFor();
}
