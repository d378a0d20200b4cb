/** `npm run conform -- URL`: examines a running server against PROTOCOL.md. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';

const USAGE = 'usage: npm run conform -- URL   (such as http://127.0.0.1:8080)';

const url = process.argv[2];
const complaint = await complaintAbout(url);
if (complaint) {
  console.error(`${complaint}\n${USAGE}`);
  process.exit(2);
}
process.exitCode = await runMocha(url!);

async function complaintAbout(address: string | undefined): Promise<string | undefined> {
  if (!address) return 'The URL of the server is missing.';
  if (!/^https?:/.test(address) || !URL.canParse(address)) return `Not an http or https URL: ${address}`;
  try {
    await fetch(new URL('/healthz', address), { signal: AbortSignal.timeout(5000) });
    return undefined;
  } catch (error) {
    const { cause, message } = error as Error;
    return `No server answers at ${address} (${(cause as Error | undefined)?.message || message}).`;
  }
}

/** Resolves with 0 if all cases passed, with 1 otherwise. */
function runMocha(address: string): Promise<number> {
  const root = join(import.meta.dirname, '../..');
  const mocha = join(root, 'node_modules/mocha/bin/mocha.js');
  const options = ['--no-config', '--import=tsx', '--reporter=spec', '--timeout=5000', 'spec/conformance/**/*.spec.ts'];
  const env = { ...process.env, AMBOS_URL: address };
  const child = spawn(process.execPath, [mocha, ...options], { cwd: root, stdio: 'inherit', env });
  return new Promise((resolve) => {
    child.on('close', (code) => resolve(code === 0 ? 0 : 1));
  });
}
