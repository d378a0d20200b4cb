import { ambos, bareSocketIo, bareWs, PRESENCE, wsPresence } from './contenders.ts';
import { load } from './figures.ts';
import { crowd, type Scenario } from './scenario.ts';

/** A whole crowd comes in at once. */
export const join: Scenario = {
  name: 'join',
  title: 'Joining all at once',
  about:
    "All clients connect at the same time; each gets a list and the others are told of it. The server's processor time " +
    'until nothing more is said. Bare ws and socket.io have no presence: they show what the handshakes alone cost.',
  main: { title: 'CPU s', of: ({ joining }) => joining.serverCpu, digits: 2, better: 'less' },
  figures: [
    { title: 'quiet after s', of: ({ joining }) => joining.quiet, digits: 2 },
    { title: 'all in after s', of: ({ joining }) => joining.seconds, digits: 2 },
    { title: 'frames', of: ({ joining }) => joining.frames },
    { title: 'MB', of: ({ joining }) => joining.bytes / 1e6, digits: 1 },
    { title: 'failed', of: ({ joining }) => joining.failed, over: 'sum' },
    { title: 'dropped', of: ({ faults }) => faults.dropped, over: 'sum' },
    load,
  ],
  cases: ({ quick }) => {
    const count = quick ? 300 : 2000;
    const contenders = [
      ambos('mixed', 'as it is', PRESENCE),
      ambos('mixed', 'PRESENCE_WINDOW=0', { ...PRESENCE, PRESENCE_WINDOW: '0' }),
      wsPresence,
      bareWs,
      bareSocketIo,
    ];
    const entries = contenders.map((contender) => ({ contender, load: { ...crowd(count, contender), handshakes: 0 } }));
    return [{ title: `${count} clients`, entries }];
  },
};
