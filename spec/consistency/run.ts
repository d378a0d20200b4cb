/** `npm run check:consistency`: proves that nothing is lost (PROTOCOL.md, section 11). */
import { HELP, type Options, readOptions } from './options.ts';
import { Trial } from './trial.ts';

const say = (text: string) => void process.stdout.write(`${text}\n`);

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
  say(`seed ${options.seed}`);
  const trial = new Trial(options);
  const tally = await trial.run((text) => say(`${seconds(began)} s: ${text}`));
  say(`\n${tally}\n`);
  const memory = Math.round(process.resourceUsage().maxRSS / 1024);
  say(
    `${tally.failed ? 'FAILED' : 'Nothing was lost'}: seed ${options.seed}, ${seconds(began)} s, at most ${memory} MiB here`,
  );
  if (tally.failed) say(`What everybody saw: ${trial.folder}`);
  process.exit(tally.failed ? 1 : 0);
}

function seconds(began: number): number {
  return Math.round((performance.now() - began) / 1000);
}
