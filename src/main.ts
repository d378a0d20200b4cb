#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { banner } from './command/banner.ts';
import { type CommandLine, readCommandLine } from './command/command-line.ts';
import { Refused } from './command/connection.ts';
import { helpText } from './command/help.ts';
import { send } from './command/send.ts';
import { settingsMarkdown, showConfig } from './command/show-config.ts';
import { tail } from './command/tail.ts';
import { token } from './command/token.ts';
import { authenticates, type Config, ConfigError, createConfig, PRODUCTION, type Settings } from './config.ts';
import { createLogger } from './logger.ts';
import { createServer, type Server } from './server.ts';

// The command line: the only place that owns the process.

const out = (text: string) => void process.stdout.write(`${text}\n`);
const complain = (text: string) => void process.stderr.write(`${text}\n`);

await run().catch((error) => {
  complain(explain(error));
  process.exit(error instanceof ConfigError ? 2 : 1);
});

async function run(): Promise<void> {
  const line = withDefaults(readCommandLine(process.argv.slice(2), process.env, readFile));
  if (line.help) return out(helpText());
  if (line.version) return out(packageVersion());
  const config = createConfig(line.settings, line.sources);
  if (line.command === 'config')
    return out(
      line.flags.markdown ? settingsMarkdown() : showConfig({ ...line.settings, log: config.log }, line.sources),
    );
  const url = line.flags.url ?? `${config.tlsCert ? 'wss' : 'ws'}://localhost:${config.port}`;
  if (line.command === 'token') return out(await token(line.flags, config));
  // A flag would be seen in the list of processes.
  const { AMBOS_TOKEN } = process.env;
  if (AMBOS_TOKEN) line.flags.token ??= AMBOS_TOKEN;
  if (line.command === 'send') return out(await sendWords(url, line));
  if (line.command === 'tail') return follow(url, line);
  refuseOpenness(config);
  await start(line);
}

/** What faces the world is closed to strangers where nothing else is said. */
function withDefaults(line: CommandLine): CommandLine {
  if (process.env['NODE_ENV'] !== 'production') return line;
  const given: Settings = Object.fromEntries(Object.entries(line.settings).filter(([, value]) => value !== undefined));
  return { ...line, settings: { ...PRODUCTION, ...given } };
}

/** What is good for trying it out must not go into the world by oversight. */
function refuseOpenness(config: Config): void {
  if (process.env['NODE_ENV'] !== 'production' || config.auth === 'off' || authenticates(config)) return;
  throw new ConfigError(
    'With NODE_ENV=production clients have to show who they are: set JWT_SECRET, JWT_PUBLIC_KEY, JWT_JWKS_URL or AUTH_URL (docs/auth.md), or AUTH=off to let anybody in under any userId',
  );
}

async function start({ settings }: CommandLine): Promise<void> {
  const people = process.stdout.isTTY === true;
  const { logLevel, log } = createConfig(settings);
  const logger = createLogger(logLevel, people, (line) => void process.stdout.write(line));
  const server = createServer({ ...settings, log, logger });
  await server.start();
  // Before anybody hears that it is there: who stops it at once is heard, too.
  stopOnSignals(server);
  if (people) out(banner(server.url, packageVersion()));
  else logger.info({ event: 'listening', url: server.url }, `Ambos listens at ${server.url}`);
}

function sendWords(url: string, { words, flags }: CommandLine): Promise<string> {
  if (words.length === 0 && flags.data === undefined)
    throw new ConfigError('What is to be sent? Try: ambos send "hello"');
  return send(url, words.join(' '), flags);
}

function follow(url: string, { words, flags }: CommandLine): Promise<void> {
  process.on('SIGINT', () => process.exit(0));
  const json = flags.json ?? process.stdout.isTTY !== true;
  const { username = 'ambos-tail', token, insecure } = flags;
  return tail(url, { room: words[0], username, token, insecure, json, print: out, notice: complain });
}

/** The first signal says goodbye to everyone, a second one does not wait. */
function stopOnSignals(server: Server): void {
  let stopping = false;
  const stop = (): void => {
    if (stopping) process.exit(1);
    stopping = true;
    server.close().then(
      () => process.exit(0),
      (error) => {
        complain(explain(error));
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

function explain(error: NodeJS.ErrnoException & { port?: number; address?: string }): string {
  if (error.code === 'EADDRINUSE') return `Port ${error.port} is in use: set PORT or --port to another one`;
  if (error.code === 'EACCES')
    return `Port ${error.port} is not allowed to this user: set PORT or --port to another one`;
  if (error.code === 'EADDRNOTAVAIL') return `This machine has no address ${error.address}: set HOST or --host`;
  // What has a code of Node's, or no code at all, was thrown for people to read.
  return error instanceof ConfigError || error.constructor === Error || error instanceof Refused
    ? error.message
    : (error.stack ?? String(error));
}

function readFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function packageVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
