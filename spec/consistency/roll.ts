import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';
import type { Message } from '../support/messages.ts';
import { rawUrl } from '../support/raw.ts';
import type { Tally } from './tally.ts';
import { GENERAL, type Reader } from './transcript.ts';

const WITNESS = 'witness';
/** Milliseconds: those who vanished with their node are counted out by then. */
const PATIENCE = 30_000;
const PAUSE = 500;

/** Who is in a room: userIds, sorted. */
type Rolls = Map<string, string>;

/** Holds the lists of a node to who is there: everybody, and nobody else. */
export async function callRoll(url: string, readers: readonly Reader[], rooms: readonly string[], tally: Tally) {
  const expected = new Map([GENERAL, ...rooms].map((room) => [room, membersOf(room, readers)]));
  const until = performance.now() + PATIENCE;
  let wrong = differences(await listsAt(url, rooms), expected);
  while (wrong.length > 0 && performance.now() < until) {
    await sleep(PAUSE);
    wrong = differences(await listsAt(url, rooms), expected);
  }
  for (const words of wrong) tally.fail('miscounted', `${url}: ${words}`);
}

function membersOf(room: string, readers: readonly Reader[]): string {
  return listed(readers.filter(({ rooms }) => room === GENERAL || rooms.includes(room)).map(({ userId }) => userId));
}

function listed(userIds: readonly string[]): string {
  return [...new Set(userIds)].sort().join(' ');
}

function differences(lists: Rolls, expected: Rolls): string[] {
  const wrong = [...expected].filter(([room, members]) => lists.get(room) !== members);
  return wrong.map(([room, members]) => `${room} has ${lists.get(room)}, there are ${members}`);
}

/** What a newcomer is told. */
async function listsAt(url: string, rooms: readonly string[]): Promise<Rolls> {
  const lists: Rolls = new Map();
  const witness = new WebSocket(rawUrl(url, { username: WITNESS, userId: WITNESS, rooms: [...rooms] }));
  await new Promise<void>((resolve, reject) => {
    witness.on('error', reject);
    witness.on('close', () => reject(new Error(`${url} takes no witness`)));
    witness.on('message', (data) => {
      const { type, room = GENERAL, data: rows } = JSON.parse(String(data)) as Message;
      if (type !== 'user_list') return;
      const ids = (rows as { id: string }[]).map(({ id }) => id);
      lists.set(room, listed(ids.filter((id) => id !== WITNESS)));
      if (lists.size > rooms.length) resolve();
    });
  }).finally(() => witness.close(1000));
  return lists;
}
