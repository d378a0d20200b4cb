import { affordable } from './affordable.ts';
import { ambos, bareSocketIo } from './contenders.ts';
import { perCpu, trafficFigures } from './figures.ts';
import { crowd, type Scenario } from './scenario.ts';

const EACH = 5;
const MEMBERS = 20;

/** Many small rooms instead of one large one. */
export const rooms: Scenario = {
  name: 'rooms',
  title: 'Many rooms',
  about:
    `Rooms of ${MEMBERS} members, each client in ${EACH} of them; messages go to one room after the other, a fixed number ` +
    'in flight. Few receivers hear the same, so that little can be shared.',
  main: { ...perCpu, better: 'more' },
  figures: trafficFigures,
  cases: ({ quick, warm, seconds }) => {
    const wanted = affordable(quick ? 400 : 4000);
    const count = Math.floor((wanted * EACH) / MEMBERS);
    const contenders = [ambos('mixed'), ambos('socketio'), bareSocketIo];
    const entries = contenders.map((contender) => {
      const traffic = { senders: count, bytes: 64, window: 64, warm, seconds };
      const load = { ...crowd((count * MEMBERS) / EACH, contender), handshakes: 128, rooms: { count, each: EACH } };
      return { contender, load: { ...load, traffic } };
    });
    return [{ title: `${count} rooms of ${MEMBERS}, 64 B, 64 in flight`, entries }];
  },
};
