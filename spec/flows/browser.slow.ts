import { isDeepStrictEqual } from 'node:util';
import { expect } from 'chai';
import { openBrowser, type TestBrowser, type Visit } from '../support/browser.ts';
import { closeAll, connect, type SdkClient } from '../support/client.ts';
import { type Accepted, idsOf, type Message, nOf } from '../support/messages.ts';
import { type Pages, STYLES, servePages } from '../support/pages.ts';
import { type Running, startServer } from '../support/server.ts';

// A browser on a busy machine takes its time.
const PATIENCE = 20_000;
const ANA = { username: 'Ana', userId: 'ana' };

interface LogLine {
  event?: string;
  userId?: string;
  session?: string;
  warning?: string;
}

describe('flows of pages in a real browser', function () {
  this.timeout(60_000);

  let browser: TestBrowser;
  let pages: Pages;
  let server: Running;
  let node: SdkClient;
  let log: LogLine[];

  before(async function () {
    browser = await openBrowser(this);
    pages = await servePages();
  });

  beforeEach(async () => {
    log = [];
    const warn = (fields: object, warning: string) => void log.push({ ...fields, warning });
    const logger = { info: (fields: object) => void log.push(fields), warn, error: warn };
    server = await startServer({ logger });
    node = await connect('socketio', server.url, { username: 'Node', userId: 'node' });
  });

  afterEach(async () => {
    await browser?.closeVisits();
    await closeAll();
    await server?.close();
  });

  after(() => pages?.close());

  /** @returns with the visit the place in the order where it had begun */
  async function enter(style: string, identity = ANA): Promise<Visit & { since: bigint }> {
    const visit = await browser.visit(pages.urlOf(style, server.url, identity));
    await visit.page.getByText('online').waitFor();
    const { id } = (await node.request({ type: 'heartbeat' })) as Accepted;
    return { ...visit, since: nOf(id) };
  }

  /** StrictMode's first socket may have come and gone before. */
  function seesAnaLeave(since: bigint): Promise<Message> {
    const isIt = ({ type, id, data }: Message) =>
      type === 'user_left' && nOf(id) > since && isDeepStrictEqual(data, ANA);
    return node.next(isIt, PATIENCE);
  }

  for (const style of STYLES) {
    describe(`a ${style} page of another origin`, () => {
      it('chats with a Socket.IO client in Node', async () => {
        const { page, problems } = await enter(style);
        await node.next({ type: 'user_joined', data: ANA });
        node.send({ type: 'chat', content: '¿Hola?' });
        await see({ page }, 'Node: ¿Hola?');
        await say({ page }, '<b>Hola</b>');
        expect(await node.next({ type: 'chat', from: 'Ana' }, PATIENCE)).to.include({ content: '<b>Hola</b>' });
        await see({ page }, 'Ana: <b>Hola</b>');
        expect(await page.getByRole('listitem').allTextContents()).to.deep.equal(['Node: ¿Hola?', 'Ana: <b>Hola</b>']);
        expect(await page.getByRole('status').textContent()).to.equal('online');
        expect(problems).to.deep.equal([]);
      });

      it('closes cleanly when it is unmounted', async () => {
        const { page, since } = await enter(style);
        await page.getByRole('button', { name: 'Leave' }).click();
        await seesAnaLeave(since);
        await page.getByText('online').waitFor({ state: 'detached' });
        const gone = log.findLast(({ event, userId }) => event === 'disconnected' && userId === 'ana');
        expect(log.filter(({ session, warning }) => warning && session === gone!.session)).to.deep.equal([]);
      });

      it('is missed when its tab is closed', async () => {
        const { page, since } = await enter(style);
        await page.close();
        await seesAnaLeave(since);
      });
    });
  }

  it('a React page under StrictMode connects twice and is one user', async () => {
    const { sockets } = await enter('react');
    expect(sockets).to.have.length(2);
    node.send({ type: 'user_list' });
    expect(idsOf(await node.next('user_list'))).to.have.members(['node', 'ana']);
  });

  it('pages of all styles chat with each other', async () => {
    const visits = [];
    for (const style of STYLES) visits.push(await enter(style, { username: style, userId: style }));
    const said = [];
    for (const [i, style] of STYLES.entries()) {
      said.push(`${style}: soy ${style}`);
      await say(visits[i]!, `soy ${style}`);
      for (const visit of visits) await see(visit, said[i]!);
    }
    for (const { page } of visits) expect(await page.getByRole('listitem').allTextContents()).to.deep.equal(said);
    expect((await node.collect('chat', said.length)).map(({ from, content }) => `${from}: ${content}`)).to.eql(said);
  });
});

async function say({ page }: Pick<Visit, 'page'>, content: string): Promise<void> {
  await page.getByLabel('Message').fill(content);
  await page.getByRole('button', { name: 'Send' }).click();
}

function see({ page }: Pick<Visit, 'page'>, line: string): Promise<void> {
  return page.getByRole('listitem').getByText(line, { exact: true }).waitFor();
}
