import { type Client, closeAll, DOORS, type Door, PAIRS } from '../support/client.ts';
import { type Running, startServer } from '../support/server.ts';
import { faultsOf } from './traffic.ts';

type Settings = Parameters<typeof startServer>[0];

/** The URL of a running server to examine instead of one of our own. */
export const remote = process.env['AMBOS_URL']?.replace(/\/$/, '');

/** The own types of the document's examples (5.7): a server given by its URL need not have them. */
export const OWN_TYPES = ['move:ephemeral', 'score:state', 'task:durable'];

let own: Running | undefined;

before(async () => {
  if (!remote) own = await startServer({ types: OWN_TYPES.join(',') });
});

after(() => own?.close());

/** The address of the server under test: default settings, and perhaps not ours alone. */
export function target(): string {
  return remote ?? own!.url;
}

/** A part of the suite. After its cases it examines all their messages against sections 1.1 to 1.3. */
export function conformance(title: string, cases: () => void): void {
  describe(`PROTOCOL.md ${title}`, () => {
    keepingTraffic(cases);
  });
}

/** Cases which need settings of their own, so a server of their own; left out where a server was given. */
export function withSettings(title: string, settings: Settings, cases: (server: () => Running) => void): void {
  if (remote) return;
  describe(title, () => {
    let running: Running;
    before(async () => {
      running = await startServer(settings);
    });
    after(() => running.close());
    cases(() => running);
  });
}

/** The same cases by both doors. */
export function byDoor(cases: (door: Door) => void): void {
  for (const door of DOORS) cases(door);
}

/** The same cases from either door to the other. */
export function acrossDoors(cases: (here: Door, there: Door) => void): void {
  for (const [here, there] of PAIRS) cases(here, there);
}

function keepingTraffic(cases: () => void): void {
  const clients: Client[] = [];
  afterEach(async () => {
    clients.push(...(await closeAll()));
  });
  cases();
  it('1.1 to 1.3: every message of these cases has its six keys, its id and its place', () => {
    const faults = faultsOf(clients);
    if (faults.length > 0) throw new Error(`${faults.length} faults:\n${faults.slice(0, 20).join('\n')}`);
  });
}
