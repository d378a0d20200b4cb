import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { transform } from 'esbuild';
import { accepted, eventually, refused } from '../conformance/answers.ts';
import { type Client, closeAll, connect, DOORS, PAIRS, refusal } from '../support/client.ts';
import { startServer } from '../support/server.ts';
import { SECRET } from '../support/tokens.ts';
import { Program } from './program.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const EXAMPLES = readdirSync(new URL('../../docs/examples', import.meta.url));
const DOCUMENTS = ['README.md', 'docs/library.md', 'docs/client.md', 'docs/auth.md'];
/** Of the words behind the fence, those that esbuild or JSON can read. */
const LOADERS = new Set(['ts', 'js', 'json']);

interface Block {
  /** Such as `README.md:42`. */
  place: string;
  language: string;
  text: string;
}

describe('the examples', function () {
  // tsx has to start; the machine may be busy.
  this.timeout(20_000);
  let program: Program | undefined;

  afterEach(async () => {
    await closeAll();
    program?.kill();
    program = undefined;
  });

  /** `ambos` is the source: tsx reads the `paths` of tsconfig.json. */
  const run = (file: string, env: Record<string, string> = {}) => {
    program = new Program(process.execPath, ['--import', 'tsx', `docs/examples/${file}`], { cwd: ROOT, env });
    return program;
  };
  const urlOf = (example: Program) => example.find(/listening at (http:\S+)/);

  it('are all run here', () => {
    expect(EXAMPLES).to.have.members(['backend.ts', 'chat.ts', 'koa.ts', 'own-type.ts']);
  });

  it('chat.ts welcomes newcomers, and tells who is in a room', async () => {
    const example = run('chat.ts');
    const url = await urlOf(example);
    const ana = await connect('ws', url, { username: 'Ana', rooms: ['tea'] });
    const bo = await connect('socketio', url, { username: 'Bo' });
    for (const [client, name] of [[ana, 'Ana'] as const, [bo, 'Bo'] as const]) {
      expect(await client.next('system')).to.include({
        content: `Welcome, ${name}`,
        from: 'system',
        to: client.userId,
      });
    }
    bo.send({ type: 'chat', content: '/who' });
    for (const client of [ana, bo]) {
      const answer = await client.next({ from: 'Bot' });
      expect(answer).to.include({ type: 'chat', content: 'Ana, Bo' }).and.not.to.have.property('room');
    }
    ana.send({ type: 'chat', content: '/who', room: 'tea' });
    expect(await ana.next({ from: 'Bot' })).to.include({ content: 'Ana', room: 'tea' });
    await ana.barrier();
    expect(ana.messages.filter(({ type }) => type === 'system')).to.have.length(1);
    expect(await example.stop()).to.equal(0);
  });

  it('own-type.ts gives late joiners the scores, and announces who has won', async () => {
    const example = run('own-type.ts');
    const url = await urlOf(example);
    for (const [writer, reader] of PAIRS) {
      const ana = await connect(writer as 'ws', url, { username: 'Ana' });
      await score(ana, `${writer}-ana`, 2);
      await score(ana, `${writer}-ana`, 3);
      const late = await connect(reader as 'ws', url);
      const given = await late.next(({ data }) => (data as { player?: string })?.player === `${writer}-ana`);
      expect(given).to.deep.include({ type: 'score', from: 'Ana', data: { player: `${writer}-ana`, points: 3 } });
      const refusal = await refused(late, { type: 'score', data: { player: 'Bo', points: 'many' } });
      expect(refusal).to.include({ code: 'invalid_message' });
      expect(refusal.message).to.include('data.points');
      await score(late, `${reader}-bo`, 10);
      for (const client of [ana, late]) {
        expect(await client.next('system')).to.include({ content: `${reader}-bo has won`, from: 'system' });
      }
    }
    expect(await example.stop()).to.equal(0);
  });

  it('backend.ts says who a client is, and what it may do, to whoever has its secret', async () => {
    const example = run('backend.ts', { AUTH_SECRET: SECRET });
    const authUrl = await urlOf(example);
    const server = await startServer({ authUrl, authSecret: SECRET });
    for (const door of DOORS) {
      const ana = await connect(door, server.url, { query: { token: 'token-of-ana' } });
      expect(ana.welcome.data).to.deep.equal([{ id: 'ana', username: 'Ana', status: 'online' }]);
      await accepted(ana, { type: 'join', room: 'staff' });
      expect((await refusal(door, server.url, { query: { token: 'x' } })).code).to.equal('unauthorized');
      await ana.close();
    }
    await server.close();
    const stranger = await startServer({ authUrl, authSecret: 'x'.repeat(32) });
    expect((await refusal('ws', stranger.url, { query: { token: 'token-of-ana' } })).code).to.equal('unavailable');
    await stranger.close();
    expect(await example.stop()).to.equal(0);
  });

  it('koa.ts answers its own page, and both doors and Ambos’s paths are there', async () => {
    const example = run('koa.ts');
    const url = await urlOf(example);
    const text = async (path: string) => (await fetch(url + path)).text();
    expect(await text('/')).to.equal('My own page; 0 connected');
    const clients = await Promise.all(DOORS.map((door) => connect(door, url)));
    await eventually('both are counted', async () => (await text('/any/path')) === 'My own page; 2 connected');
    for (const client of clients) {
      await accepted(client, { type: 'chat', content: `by ${client.door}` });
      for (const hearer of clients) await hearer.next({ type: 'chat', content: `by ${client.door}` });
    }
    expect(JSON.parse(await text('/ws/stats'))).to.include({ success: true, current_connections: 2 });
    for (const path of ['/ws/test', '/ws/dashboard', '/websocket', '/healthz', '/metrics']) {
      const answer = await fetch(url + path);
      expect(answer.status, path).to.equal(200);
      expect(await answer.text(), path).not.to.include('My own page');
    }
    expect(await example.stop()).to.equal(0);
  });
});

describe('the code in the documents', () => {
  for (const document of DOCUMENTS) {
    it(`${document}: each block can be read`, async () => {
      const blocks = blocksOf(document);
      for (const { place, language, text } of blocks) {
        if (language === 'json') expect(() => JSON.parse(text), place).not.to.throw();
        else await transform(text, { loader: language as 'ts', sourcefile: place });
      }
      expect(blocks).not.to.have.length(0);
    });
  }

  it('is found by its fences', () => {
    expect(blocksIn('a\n```ts\nlet b = 1;\n```\n```sh\nnpm ci\n```\n```js\n```\n', 'x.md')).to.deep.equal([
      { place: 'x.md:2', language: 'ts', text: 'let b = 1;\n' },
      { place: 'x.md:8', language: 'js', text: '' },
    ]);
  });
});

async function score(client: Client, player: string, points: number): Promise<void> {
  await accepted(client, { type: 'score', data: { player, points } });
}

function blocksOf(document: string): Block[] {
  return blocksIn(readFileSync(new URL(`../../${document}`, import.meta.url), 'utf8'), document);
}

function blocksIn(text: string, document: string): Block[] {
  const fences = [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)];
  const lineAt = (index: number) => text.slice(0, index).split('\n').length;
  return fences
    .map(({ 1: language = '', 2: body = '', index }) => ({
      place: `${document}:${lineAt(index)}`,
      language,
      text: body,
    }))
    .filter(({ language }) => LOADERS.has(language));
}
