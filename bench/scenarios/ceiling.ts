import { readyBuffer } from './contenders.ts';
import { framesPerRead, loadSpeed, trafficFigures, wall } from './figures.ts';
import { crowd, type Scenario } from './scenario.ts';

/** How much the load generator can take. */
export const ceiling: Scenario = {
  name: 'ceiling',
  title: 'The load generator itself',
  about:
    'A server that does nothing but repeat what it gets, in as few writes as possible. What the generator takes depends ' +
    'on how many frames one read brings; nearly all of a read is spent in the kernel.',
  main: { ...loadSpeed, better: 'more' },
  figures: [framesPerRead, wall, ...trafficFigures.filter((figure) => figure !== wall)],
  cases: ({ quick, warm, seconds }) => {
    const count = quick ? 200 : 1000;
    const entries = [32, 128, 512].map((window) => {
      const contender = { ...readyBuffer, title: `${window} in flight` };
      const traffic = { senders: 64, bytes: 64, window, warm, seconds };
      return { contender, load: { ...crowd(count, contender), handshakes: 128, traffic } };
    });
    return [{ title: `${count} clients, 64 B`, entries }];
  },
};
