import { affordable } from './affordable.ts';
import { ambos, bareSocketIo, bareWs, bun, uws } from './contenders.ts';
import { type Case, type Contender, crowd, type Effort, type Figure, type Scenario } from './scenario.ts';

/** Lists are cut short: what newcomers are sent leaves garbage, and the peers send them nothing. */
const SHORT_LISTS = { USER_LIST_LIMIT: '1' };

const growth = (place: number): Figure['of'] => {
  return ({ memory, joining }) => ((memory.idle[place] ?? 0) - memory.before) / Math.max(1, joining.clients);
};

/** What a connection costs that says nothing. */
export const idle: Scenario = {
  name: 'idle',
  title: 'Idle connections',
  about:
    "How much the server's resident memory has grown for each of many connections that do nothing: some seconds after " +
    'all have joined, and after a longer quiet.',
  main: { title: 'KiB per connection', of: growth(0), digits: 2, better: 'less' },
  figures: [
    { title: 'KiB per connection, later', of: growth(1), digits: 2 },
    { title: 'RSS before MiB', of: ({ memory }) => memory.before / 1024 },
    { title: 'RSS after MiB', of: ({ memory }) => (memory.idle[0] ?? 0) / 1024 },
    { title: 'RSS peak MiB', of: ({ memory }) => memory.peak / 1024 },
    { title: 'CPU s to join', of: ({ joining }) => joining.serverCpu, digits: 2 },
    { title: 'failed', of: ({ joining }) => joining.failed, over: 'sum' },
    { title: 'dropped', of: ({ faults }) => faults.dropped, over: 'sum' },
  ],
  cases: (effort) => [
    compare('raw', [ambos('raw', '', SHORT_LISTS), bareWs, bun, uws], effort),
    compare('Socket.IO', [ambos('socketio', '', SHORT_LISTS), bareSocketIo], effort),
  ],
};

function compare(kind: string, contenders: readonly Contender[], { quick }: Effort): Case {
  const count = affordable(quick ? 500 : 10_000);
  return {
    title: `${count} ${kind} connections`,
    entries: contenders.map((contender) => ({
      contender,
      load: { ...crowd(count, contender), handshakes: 128, idle: quick ? [1, 3] : [4, 30] },
    })),
  };
}
