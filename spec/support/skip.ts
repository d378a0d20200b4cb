import type { Context } from 'mocha';

/**
 * Skips what this machine can't run, and says loudly what and why. `REQUIRE_ALL=1` makes a failure of it: where
 * everything can be installed nothing may be left out.
 */
export function skip(context: Context, what: string, why: string): void {
  if (process.env['REQUIRE_ALL'] === '1') throw new Error(`${what} must run here (REQUIRE_ALL=1), but: ${why}`);
  console.warn(`\n  SKIPPED: ${what}: ${why}\n`);
  context.skip();
}
