import { appendFileSync } from 'node:fs';
import type { Context, RootHookObject, Suite } from 'mocha';

// With `exit: false` a handle that was left open would hang the run for ever.
const PATIENCE = 15_000;

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

export const mochaHooks: RootHookObject = {
  afterAll(this: Context) {
    report(count(this.test?.parent));
    setTimeout(complain, PATIENCE).unref();
  },
};

function count(suite: Suite | undefined): Counts {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  suite?.eachTest((test) => {
    if (test.isPassed()) counts.passed += 1;
    else if (test.isFailed()) counts.failed += 1;
    else counts.skipped += 1;
  });
  return counts;
}

/** For whoever adds up several runs. */
function report({ passed, failed, skipped }: Counts): void {
  const file = process.env['TEST_COUNTS'];
  if (file) appendFileSync(file, `${passed} ${failed} ${skipped}\n`);
}

function complain(): void {
  console.error('Something was left open by the specs:', process.getActiveResourcesInfo());
  process.exit(1);
}
