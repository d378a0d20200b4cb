import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Plan } from './plan.ts';

/** How a node calls a Redis: by a script, within which other commands count as calls too; or, without any, by PUBLISH. */
const SCRIPTS = ['evalsha', 'eval', 'fcall'];
const COMMAND = 'publish';

/** How often nodes have called the Redis of a plan so far; undefined where it has none. */
export async function redisCalls({ redis }: Plan): Promise<number | undefined> {
  return redis && callsIn(await ask(redis.port, 'INFO commandstats'));
}

/** The same, by what `INFO commandstats` says. */
export function callsIn(info: string): number {
  const scripts = SCRIPTS.reduce((sum, name) => sum + timesOf(name, info), 0);
  return scripts || timesOf(COMMAND, info);
}

function timesOf(name: string, info: string): number {
  return Number(new RegExp(`^cmdstat_${name}:calls=(\\d+)`, 'm').exec(info)?.[1] ?? 0);
}

/** One command, as a person would type it. */
function ask(port: number, line: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(`${line}\r\nQUIT\r\n`);
  return text(socket);
}
