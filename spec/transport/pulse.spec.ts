import { expect } from 'chai';
import { Pulse, type Verdict } from '../../src/transport/pulse.ts';

const INTERVAL = 25_000;
const TIMEOUT = 20_000;

/** What is seen of a peer at a moment: bytes received so far, bytes that it has not taken yet. */
type Sight = [second: number, read: number, waiting: number, verdict: Verdict];

describe('Pulse', () => {
  const cases: Record<string, Sight[]> = {
    'pings one that is silent, once, then buries it': [
      [1, 0, 0, 'alive'],
      [24, 0, 0, 'alive'],
      [25, 0, 0, 'ping'],
      [26, 0, 0, 'alive'],
      [44, 0, 0, 'alive'],
      [45, 0, 0, 'dead'],
    ],
    'takes any byte that came for life': [
      [20, 1, 0, 'alive'],
      [44, 1, 0, 'alive'],
      [45, 1, 0, 'ping'],
      [64, 2, 0, 'alive'],
      [88, 2, 0, 'alive'],
      [89, 2, 0, 'ping'],
    ],
    'takes the answer to a ping for life, and pings again after the next silence': [
      [25, 0, 0, 'ping'],
      [26, 6, 0, 'alive'],
      [50, 6, 0, 'alive'],
      [51, 6, 0, 'ping'],
      [52, 12, 0, 'alive'],
      [77, 12, 0, 'ping'],
    ],
    'takes an answer in the last second for life': [
      [25, 0, 0, 'ping'],
      [44, 0, 0, 'alive'],
      [45, 6, 0, 'alive'],
    ],
    'takes for life that the peer takes of what waits': [
      [10, 0, 1000, 'alive'],
      [20, 0, 900, 'alive'],
      [44, 0, 900, 'alive'],
      [45, 0, 900, 'ping'],
      [50, 0, 0, 'alive'],
      [74, 0, 0, 'alive'],
      [75, 0, 0, 'ping'],
    ],
    'goes on pinging and burying where the clock was set back': [
      [100, 1, 0, 'alive'],
      [40, 1, 0, 'alive'],
      [64, 1, 0, 'alive'],
      [65, 1, 0, 'ping'],
      [10, 1, 0, 'alive'],
      [29, 1, 0, 'alive'],
      [30, 1, 0, 'dead'],
    ],
    'does not take for life that more waits': [
      [10, 0, 1000, 'alive'],
      [20, 0, 2000, 'alive'],
      [25, 0, 3000, 'ping'],
      [30, 0, 4000, 'alive'],
      [45, 0, 5000, 'dead'],
    ],
    'buries one that takes nothing, however much it is sent': [
      [24, 0, 10, 'alive'],
      [25, 0, 20, 'ping'],
      [45, 0, 30, 'dead'],
    ],
    'keeps saying dead until it is buried': [
      [25, 0, 0, 'ping'],
      [45, 0, 0, 'dead'],
      [46, 0, 0, 'dead'],
    ],
    'asks before it buries, also after the whole process was paused': [
      [3600, 0, 0, 'ping'],
      [3601, 6, 0, 'alive'],
      [9000, 6, 0, 'ping'],
      [9020, 6, 0, 'dead'],
    ],
    'never pings one that talks': Array.from({ length: 100 }, (_, index): Sight => [24 * index, index + 1, 0, 'alive']),
    'thinks nothing of a clock that is set back': [
      [10, 1, 0, 'alive'],
      [-3600, 1, 0, 'alive'],
      [-3599, 2, 0, 'alive'],
      [-3574, 2, 0, 'ping'],
      [-3554, 2, 0, 'dead'],
    ],
  };

  for (const [what, sights] of Object.entries(cases)) {
    it(what, () => {
      const pulse = new Pulse(0);
      const verdicts = sights.map(([second, read, waiting]) =>
        pulse.check(second * 1000, read, waiting, INTERVAL, TIMEOUT),
      );
      expect(verdicts).to.deep.equal(sights.map(([, , , verdict]) => verdict));
    });
  }
});
