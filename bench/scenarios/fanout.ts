import { ambos, bareSocketIo, bareWs, bun, uws } from './contenders.ts';
import { perCpu, trafficFigures } from './figures.ts';
import { type Case, type Contender, crowd, type Effort, type Entry, type Scenario } from './scenario.ts';

interface Shape {
  count: number;
  bytes: number;
  window: number;
}

const SENDERS = 16;

/** Messages to everybody, as fast as they go. */
export const fanout: Scenario = {
  name: 'fanout',
  title: 'Fan-out, closed loop',
  about:
    'Every message goes to every client; a new one is sent when one has reached them all, so that a fixed number is in ' +
    'flight. Batching gains with that number, so it is always told; with one in flight there is nothing to batch.',
  main: { ...perCpu, better: 'more' },
  figures: trafficFigures,
  cases: (effort) => {
    const count = effort.quick ? 200 : 1000;
    const all = [ambos('mixed'), ambos('raw'), ambos('socketio'), bareWs, bareSocketIo, bun, uws];
    const serial = { count, bytes: 64, window: 1 };
    return [
      compare('clients', all, { count, bytes: 64, window: 32 }, effort),
      compare('clients', all, { count, bytes: 1024, window: 32 }, effort),
      compare('raw clients', [ambos('raw'), bareWs], serial, effort),
      compare('Socket.IO clients', [ambos('socketio'), bareSocketIo], serial, effort),
      growth(effort),
    ];
  },
};

function compare(kind: string, contenders: readonly Contender[], shape: Shape, effort: Effort): Case {
  const { count, bytes, window } = shape;
  const entries = contenders.map((contender) => entry(contender, shape, effort));
  return { title: `${count} ${kind}, ${bytes} B, ${window} in flight`, entries };
}

/** The same server with many clients and with few. */
function growth(effort: Effort): Case {
  const sizes = effort.quick ? [500, 100] : [5000, 100];
  const entries = sizes.map((count) =>
    entry(ambos('mixed', `${count} clients`), { count, bytes: 64, window: 32 }, effort),
  );
  return { title: 'many clients or few, 64 B, 32 in flight', entries };
}

function entry(contender: Contender, { count, bytes, window }: Shape, { warm, seconds }: Effort): Entry {
  const traffic = { senders: SENDERS, bytes, window, warm, seconds };
  return { contender, load: { ...crowd(count, contender), handshakes: 128, traffic } };
}
