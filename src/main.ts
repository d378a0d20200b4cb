#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { ConfigError, createConfig, helpText, readCommandLine } from './config.ts';
import { createLogger } from './logger.ts';
import { createServer, type Server } from './server.ts';

// The command line: the only place that owns the process.

const out = (text: string) => process.stdout.write(`${text}\n`);

await run().catch((error) => {
  const expected = error instanceof ConfigError;
  process.stderr.write(`${expected ? error.message : explain(error)}\n`);
  process.exit(expected ? 2 : 1);
});

async function run(): Promise<void> {
  const { help, version, settings } = readCommandLine(process.argv.slice(2), process.env);
  if (help) return void out(helpText());
  if (version) return void out(packageVersion());
  const { logLevel } = createConfig(settings);
  const people = process.stdout.isTTY === true;
  const logger = createLogger(logLevel, people, (line) => process.stdout.write(line));
  const server = createServer({ ...settings, logger });
  await server.start();
  if (people) out(banner(server.url));
  else logger.info({ event: 'listening', url: server.url }, `Ambos listens at ${server.url}`);
  stopOnSignals(server);
}

function banner(url: string): string {
  return [
    '',
    `  Ambos ${packageVersion()}`,
    '',
    `  WebSocket    ${url.replace('http', 'ws')}/ws`,
    `  Socket.IO    ${url}`,
    `  Test client  ${url}/ws/test`,
    `  Statistics   ${url}/ws/stats`,
    '',
  ].join('\n');
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
        process.stderr.write(`${explain(error)}\n`);
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
  return error.stack ?? String(error);
}

function packageVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
