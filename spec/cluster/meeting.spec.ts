import { nodesContract } from '../contracts/nodes.ts';
import { HandClock } from '../support/hand-clock.ts';
import { settled } from '../support/hub-bench.ts';
import { Meeting, type MeetingNodes } from '../support/meeting.ts';

nodesContract('Nodes in memory', async () => {
  const clock = new HandClock();
  const meeting = new Meeting(clock, 10_000);
  return {
    join: async () => meeting.join(),
    pause: (nodes) => (nodes as MeetingNodes).pause(),
    resume: (nodes) => (nodes as MeetingNodes).resume(),
    until: async (condition) => {
      while (!condition()) {
        clock.advance(250);
        await settled();
      }
    },
    pass: async () => clock.advance(60_000),
    close: async () => {},
  };
});
