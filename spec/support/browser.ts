import { existsSync } from 'node:fs';
import type { Context } from 'mocha';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type LaunchOptions,
  type Page,
} from 'playwright-core';
import { skip } from './skip.ts';

/** The browser talks to nobody but the pages under test, and it runs in a container, as root too. */
const ARGS = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-dev-shm-usage',
  '--disable-gpu',
  '--disable-quic',
  '--disable-sync',
  '--no-first-run',
  '--no-sandbox',
];

const THIS_MACHINE = new Set(['localhost', '127.0.0.1', '[::1]', '']);

/** A page in a context of its own. */
export interface Visit {
  page: Page;
  /** Console errors, uncaught errors and requests to other machines, as they happened. */
  problems: string[];
  /** The addresses of the WebSockets that it has made. */
  sockets: string[];
}

/** A real Chromium. */
export class TestBrowser {
  readonly #browser: Browser;
  readonly #contexts = new Set<BrowserContext>();

  constructor(browser: Browser) {
    this.#browser = browser;
  }

  get version(): string {
    return this.#browser.version();
  }

  async visit(url: string, options: BrowserContextOptions = {}): Promise<Visit> {
    // Packaged Chromium takes its locale from the system, and that may be none that Intl knows.
    const context = await this.#browser.newContext({ locale: 'en-US', ...options });
    this.#contexts.add(context);
    const page = await context.newPage();
    const visit: Visit = { page, problems: [], sockets: [] };
    watch(visit);
    await page.goto(url);
    return visit;
  }

  /** Closes all pages that were visited since the last call. */
  async closeVisits(): Promise<void> {
    const contexts = [...this.#contexts];
    this.#contexts.clear();
    await Promise.all(contexts.map((context) => context.close()));
  }

  close(): Promise<void> {
    return this.#browser.close();
  }
}

// One for all specs of a run, and its end belongs to the run: this hook is the root suite's.
let shared: Promise<TestBrowser> | undefined;

after(async function closeBrowser() {
  this.timeout(20_000);
  await (await shared?.catch(() => undefined))?.close();
});

/** The browser that all specs of a run share; skips where none runs on this machine. Wants a timeout of 60 s. */
export async function openBrowser(test: Context): Promise<TestBrowser> {
  shared ??= launch();
  try {
    return await shared;
  } catch (error) {
    skip(test, 'browser specs', (error as Error).message);
    throw error;
  }
}

/** Whether a browser runs here is only known when it has run. */
async function launch(): Promise<TestBrowser> {
  const failures: string[] = [];
  for (const find of [systemChromium, packagedChromium]) {
    try {
      return await tryOut(await find());
    } catch (error) {
      failures.push(gist((error as Error).message));
    }
  }
  throw new Error(`apt-get install chromium, or set CHROMIUM\n  ${failures.join('\n  ')}`);
}

/** Playwright's account of a failed launch without its command lines and its own doings. */
function gist(account: string): string {
  const [said = ''] = account.split('Call log:');
  const lines = said.split('\n').map((line) => line.trim());
  return lines.filter((line) => line && !/^(<launch|Browser logs:)/.test(line)).join('; ');
}

async function tryOut(options: LaunchOptions): Promise<TestBrowser> {
  const browser = new TestBrowser(await chromium.launch({ args: ARGS, timeout: 30_000, ...options }));
  try {
    await browser.visit('data:text/html,<title>Ready</title>');
    await browser.closeVisits();
    return browser;
  } catch (error) {
    await browser.close();
    throw error;
  }
}

function systemChromium(): LaunchOptions {
  const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
  if (!existsSync(executablePath)) throw new Error(`no ${executablePath}`);
  return { executablePath };
}

/**
 * The one from npm, for a bare machine. It brings the libraries that it needs where it believes to be in a Lambda, and
 * leads the dynamic linker to them by the environment: the browser's alone, other children are not to see it.
 */
async function packagedChromium(): Promise<LaunchOptions> {
  const before = { ...process.env };
  process.env['AWS_LAMBDA_JS_RUNTIME'] ??= 'nodejs22.x';
  const { default: packaged } = await import('@sparticuz/chromium');
  const executablePath = await packaged.executablePath();
  const env = { ...process.env };
  for (const name of Object.keys(env)) if (before[name] === undefined) delete process.env[name];
  Object.assign(process.env, before);
  return { executablePath, env };
}

function watch({ page, problems, sockets }: Visit): void {
  const check = (url: string) => {
    if (!THIS_MACHINE.has(new URL(url).hostname)) problems.push(`request: ${url}`);
  };
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(`console: ${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => problems.push(`page: ${error.stack ?? error.message}`));
  page.on('request', (request) => check(request.url()));
  page.on('websocket', (socket) => {
    sockets.push(socket.url());
    check(socket.url());
  });
}
