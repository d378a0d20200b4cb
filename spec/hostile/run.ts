/** `npm run check:hostile`: proves that hostile clients harm nobody (SECURITY.md). */
import { HELP, type Options, readOptions } from './options.ts';
import { Siege } from './siege.ts';

const say = (text: string) => void process.stdout.write(`${text}\n`);
/** Milliseconds between two words about how far it is. */
const PAUSE = 10_000;

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
const options = read();
if (options.help) say(HELP);
else await run(options);

function read(): ReturnType<typeof readOptions> {
  try {
    return readOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${HELP}\n`);
    process.exit(2);
  }
}

async function run(options: Options): Promise<void> {
  const began = performance.now();
  let said = 0;
  say(`seed ${options.seed}`);
  const tally = await new Siege(options).run((text) => {
    const now = performance.now();
    if (now - said < PAUSE) return;
    said = now;
    say(`${seconds(began)} s: ${text}`);
  });
  say(`\n${tally}\n`);
  say(`${tally.failed ? 'FAILED' : 'Nobody was harmed'}: seed ${options.seed}, ${seconds(began)} s`);
  process.exit(tally.failed ? 1 : 0);
}

function seconds(began: number): number {
  return Math.round((performance.now() - began) / 1000);
}
