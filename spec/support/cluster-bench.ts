import type { Session } from '../../src/hub/session.ts';
import { HandClock } from './hand-clock.ts';
import { HubBench, type Overrides, settled } from './hub-bench.ts';
import { Meeting, type MeetingNodes } from './meeting.ts';
import type { Message } from './messages.ts';
import { type LogFace, SharedLog } from './shared-log.ts';

export const GRACE = 10_000;

/** One node: a hub with two recording transports, its face of the log and its place among the nodes. */
export interface ClusterNode extends HubBench {
  face: LogFace;
  nodes: MeetingNodes;
}

/** Several hubs over one log, on a clock moved by hand. */
export class ClusterBench {
  readonly clock = new HandClock();
  readonly log: SharedLog;
  readonly meeting: Meeting;
  readonly #overrides: Overrides;

  private constructor(log: SharedLog, clock: HandClock, overrides: Overrides) {
    this.clock = clock;
    this.log = log;
    this.meeting = new Meeting(clock, GRACE);
    this.#overrides = overrides;
  }

  static async start(overrides: Overrides = {}): Promise<ClusterBench> {
    const clock = new HandClock();
    return new ClusterBench(await SharedLog.start(clock), clock, overrides);
  }

  async node(overrides: Overrides = {}): Promise<ClusterNode> {
    const [face, nodes] = [this.log.face(), this.meeting.join()];
    const bench = await HubBench.start({ ...this.#overrides, ...overrides, clock: this.clock, log: face, nodes });
    return Object.assign(bench, { face, nodes });
  }

  /** Time goes by, in steps: what is due in between has the time to take effect. */
  async pass(ms: number, step = 500): Promise<void> {
    for (let left = ms; left > 0; left -= step) {
      this.clock.advance(Math.min(step, left));
      await settled();
    }
  }

  /** A node ends without a word. */
  kill({ face, nodes, a, b }: ClusterNode): void {
    face.kill();
    nodes.kill();
    a.close = () => {};
    b.close = () => {};
  }
}

/** Connects a client that may come back, and waits for its lists. */
export async function come(
  node: HubBench,
  id: string,
  { rooms = [] as string[], session = '', lastId = undefined as string | undefined, transport = node.a } = {},
): Promise<Session> {
  const newcomer = { user: { id, name: id }, address: '', rooms, session, ...(lastId !== undefined && { lastId }) };
  const entered = node.hub.connect(transport, newcomer);
  await settled();
  return entered;
}

/** Its connection ends without a goodbye. */
export function vanish(node: HubBench, session: Session): void {
  node.hub.disconnect(session, { goodbye: false });
}

export function leave(node: HubBench, session: Session): void {
  node.hub.disconnect(session, { goodbye: true });
}

/** What a client comes back by. */
export function backOf(node: HubBench, session: Session): { session: string; lastId: string } {
  const messages = node.received(session);
  return { session: (messages[0] as Message).session ?? '', lastId: messages.at(-1)!.id };
}
