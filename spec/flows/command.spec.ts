import { expect } from 'chai';
import { closeAll, connect } from '../support/client.ts';
import type { Message } from '../support/messages.ts';
import { Command } from '../support/process.ts';
import { type Running, startServer } from '../support/server.ts';

describe('the command', function () {
  this.timeout(20_000);
  let server: Running;
  const commands: Command[] = [];

  before(async () => {
    server = await startServer({ types: 'score:state' });
  });
  afterEach(async () => {
    await closeAll();
    for (const command of commands.splice(0)) command.kill('SIGKILL');
  });
  after(() => server.close());

  const run = (...args: string[]) => {
    const command = new Command(args);
    commands.push(command);
    return command;
  };

  it('sends a chat to a room and prints its id', async () => {
    const ana = await connect('socketio', server.url, { rooms: ['news'] });
    const command = run('send', 'hola', 'a todos', '--room', 'news', '--username', 'Bot', '--url', server.url);
    const message = await ana.next('chat', 10_000);
    expect(message).to.include({ content: 'hola a todos', from: 'Bot', room: 'news' });
    expect(await command.exit()).to.equal(0);
    expect(command.stdout).to.equal(`${message.id}\n`);
  });

  it('sends to a user, and data of an own type', async () => {
    const ana = await connect('ws', server.url, { userId: 'cli-ana' });
    expect(await run('send', 'psst', '--to', 'cli-ana', '--url', server.url).exit()).to.equal(0);
    expect(await run('send', '--type', 'score', '--data', '{"a":1}', '--url', server.url).exit()).to.equal(0);
    expect(await ana.next('chat')).to.include({ content: 'psst', to: 'cli-ana' });
    expect((await ana.next('score')).data).to.deep.equal({ a: 1 });
  });

  for (const [what, args, code, words] of [
    ['a refusal', ['send', 'x', '--to', 'nobody-here'], 1, 'Ese usuario no está conectado\n'],
    ['a refused connection', ['send', 'x', '--username', 'system'], 1, 'refuses: Nombre de usuario no válido'],
    ['data that is no JSON', ['send', '--data', '{'], 1, '--data is not JSON: {\n'],
    ['nothing to send', ['send'], 2, 'What is to be sent?'],
    ['an unknown command', ['sned', 'x'], 2, 'There is no command "sned"'],
  ] as const) {
    it(`tells ${what} in one line and exits with ${code}`, async () => {
      const command = run(...args, '--url', server.url);
      expect(await command.exit()).to.equal(code);
      expect(command.stderr).to.include(words);
      expect(command.stderr).not.to.match(/^\s+at /m);
    });
  }

  it('tells that nobody listens', async () => {
    const command = run('send', 'x', '--url', 'ws://127.0.0.1:9');
    expect(await command.exit()).to.equal(1);
    expect(command.stderr).to.equal('Nobody listens at ws://127.0.0.1:9: is the server running?\n');
  });

  it('follows a room, as JSON where no person looks, and goes on after the server comes back', async () => {
    let home = await startServer();
    const { port } = new URL(home.url);
    const command = run('tail', 'news', '--url', home.url);
    await command.line('"room":"news"');
    const ana = await connect('ws', home.url, { rooms: ['news'] });
    await ana.request({ type: 'chat', content: 'not for it' });
    await ana.request({ type: 'chat', content: 'for it', room: 'news' });
    await command.line('for it');
    expect(command.stdout).not.to.include('not for it');
    for (const line of command.stdout.trim().split('\n')) expect(JSON.parse(line)).to.have.property('room', 'news');
    await home.close();
    home = await startServer({ port: Number(port) });
    const bo = await connect('ws', home.url, { rooms: ['news'] });
    const isThere = ({ type, room, data }: Message) =>
      type !== 'chat' && room === 'news' && JSON.stringify(data).includes('ambos-tail');
    await bo.next(isThere, 10_000);
    await bo.request({ type: 'chat', content: 'still there', room: 'news' });
    await command.line('still there');
    await home.close();
  });

  it('shows its configuration', async () => {
    const command = run('config', '--max-rooms', '7');
    expect(await command.exit()).to.equal(0);
    expect(command.stdout).to.match(/^MAX_ROOMS +7 +flag$/m);
  });
});
