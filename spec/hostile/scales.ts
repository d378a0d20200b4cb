/** Loaded into the server beside its own code: weighs the process whenever it is told to, after a collection. */
import { collectGarbage } from '../support/garbage.ts';

process.on('SIGUSR2', () => void weigh());

let times = 0;

async function weigh(): Promise<void> {
  // What was closed is let go of in steps.
  for (let i = 0; i < 3; i += 1) await collectGarbage();
  const { rss, heapUsed, external } = process.memoryUsage();
  times += 1;
  process.stdout.write(`${JSON.stringify({ event: `weighed ${times}`, rss, heap: heapUsed + external })}\n`);
}
