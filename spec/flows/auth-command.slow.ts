import { expect } from 'chai';
import { createServer, type Options } from '../../src/index.ts';
import { closeAll, connect } from '../support/client.ts';
import { Command } from '../support/process.ts';
import { SECRET } from '../support/tokens.ts';

const OFF = 'Authentication is off: anybody may connect under any userId';

describe('authentication and the command', function () {
  this.timeout(20_000);
  const commands: Command[] = [];

  afterEach(async () => {
    await closeAll();
    for (const command of commands.splice(0)) command.kill('SIGKILL');
  });

  const run = (args: string[] = [], environment: Record<string, string> = {}) => {
    const command = new Command(args, environment);
    commands.push(command);
    return command;
  };

  it('makes a token, alone on its line, that opens a server of the same secret to send and tail', async () => {
    const environment = { JWT_SECRET: SECRET };
    const server = run([], environment);
    const maker = run(['token', '--sub', '7', '--name', 'Ana', '--permissions', '{"join":["news"]}'], environment);
    expect(await maker.exit()).to.equal(0);
    expect(maker.stdout).to.match(/^eyJ[\w-]+\.[\w-]+\.[\w-]+\n$/);
    const token = maker.stdout.trim();
    const url = await server.url();
    const tail = run(['tail', 'news', '--url', url], { AMBOS_TOKEN: token });
    await tail.line('"room":"news"');
    const ana = await connect('socketio', url, { auth: { token } });
    const [sent, stranger] = [
      run(['send', 'hola', '--token', token, '--url', url]),
      run(['send', 'hola', '--url', url]),
    ];
    expect(await ana.next('chat', 10_000)).to.include({ content: 'hola', from: 'Ana' });
    expect([await sent.exit(), await stranger.exit()]).to.deep.equal([0, 1]);
    expect(stranger.stderr).to.equal(`${url} refuses: Token inválido\n`);
    expect(server.stdout).not.to.include(token.slice(0, 24)).and.not.to.include(OFF);
  });

  it('does not start in production without it, unless it is told to', async () => {
    const NODE_ENV = 'production';
    const [refused, off, on] = [
      run([], { NODE_ENV }),
      run([], { NODE_ENV, AUTH: 'off' }),
      run([], { NODE_ENV, JWT_SECRET: SECRET }),
    ];
    expect(await refused.exit()).to.equal(2);
    expect(refused.stderr.trim().split('\n')).to.have.length(1);
    for (const word of ['JWT_SECRET', 'JWT_PUBLIC_KEY', 'JWT_JWKS_URL', 'AUTH_URL', 'AUTH=off'])
      expect(refused.stderr).to.include(word);
    expect(refused.stdout).to.equal('');
    await off.line(OFF);
    await on.url();
    expect(on.stdout).not.to.include(OFF);
  });
});

describe('authentication and the library', () => {
  const { NODE_ENV } = process.env;
  afterEach(() => {
    if (NODE_ENV === undefined) delete process.env['NODE_ENV'];
    else process.env['NODE_ENV'] = NODE_ENV;
  });

  async function linesOf(options: Options): Promise<string[]> {
    const lines: string[] = [];
    const note = (level: string) => (_fields: object, text: string) => void lines.push(`${level} ${text}`);
    const logger = { info: note('info'), warn: note('warn'), error: note('error') };
    const server = createServer({ port: 0, host: '127.0.0.1', logger, ...options });
    await server.start();
    await server.close();
    return lines.filter((line) => line.includes('Authentication'));
  }

  it('says in one line that it is off, louder in production, and nothing where it is on', async () => {
    expect(await linesOf({})).to.deep.equal([`info ${OFF} (docs/auth.md)`]);
    process.env['NODE_ENV'] = 'production';
    expect(await linesOf({})).to.deep.equal([`warn ${OFF} (docs/auth.md)`]);
    expect(await linesOf({ jwtSecret: SECRET })).to.deep.equal([]);
    expect(await linesOf({ authenticate: () => undefined })).to.deep.equal([]);
  });

  it('throws one ConfigError that names every problem', () => {
    expect(() => createServer({ jwtSecret: 'x', authSecret: 'y', jwtPublicKey: 'z' })).to.throw(
      /^Configuration:\n {2}JWT_SECRET and JWT_PUBLIC_KEY exclude.*\n {2}AUTH_SECRET is of no use/,
    );
  });
});
