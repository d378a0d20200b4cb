import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/**
 * Lets go of what nobody refers to. A database of the SQLite package stays open as long as one of its statements has not
 * been collected; in the server the end of its thread sees to that.
 */
export async function collectGarbage(): Promise<void> {
  // What was closed just now may still be on the stack.
  await new Promise<void>((resolve) => setImmediate(resolve));
  collect();
  await new Promise<void>((resolve) => setImmediate(resolve));
}
