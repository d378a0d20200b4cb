import type { Plan } from './plan.ts';
import { work } from './work.ts';

// A load worker: it is given one plan, answers with one report and ends.

process.once('message', (plan: Plan) => {
  work(plan).then(
    (report) => process.send?.(report, () => process.exit(0)),
    (error) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.once('disconnect', () => process.exit(1));
