import { once } from 'node:events';
import type { Plan } from './plan.ts';
import { work } from './work.ts';

// A load worker: it is given one plan, answers with one report and ends. Between the two it may want the server restarted.

process.once('message', (plan: Plan) => {
  work(plan, restart).then(
    (report) => process.send?.({ report }, () => process.exit(0)),
    (error) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.once('disconnect', () => process.exit(1));

async function restart(): Promise<number> {
  process.send?.({ wish: 'restart' });
  const [pid] = await once(process, 'message');
  return pid as number;
}
