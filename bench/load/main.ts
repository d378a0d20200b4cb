import { once } from 'node:events';
import type { Fault, Place, Plan } from './plan.ts';
import { work } from './work.ts';

// A load worker: it is given one plan, answers with one report and ends. Between the two it may want a server killed.

process.once('message', (plan: Plan) => {
  work(plan, strike).then(
    (report) => process.send?.({ report }, () => process.exit(0)),
    (error) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.once('disconnect', () => process.exit(1));

async function strike(wish: Exclude<Fault, 'none'>): Promise<readonly Place[]> {
  process.send?.({ wish });
  const [nodes] = await once(process, 'message');
  return nodes as Place[];
}
