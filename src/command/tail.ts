import { setTimeout as wait } from 'node:timers/promises';
import { FINAL_CLOSE } from '../protocol/errors.ts';
import type { Message } from '../protocol/message.ts';
import { Connection, Refused } from './connection.ts';

interface TailOptions {
  room: string | undefined;
  username: string;
  token: string | undefined;
  /** Any certificate will do. */
  insecure: boolean | undefined;
  /** One JSON text a line, for programs. */
  json: boolean;
  print(line: string): void;
  /** What is said about the connection, apart from the messages. */
  notice(line: string): void;
}

const RECONNECT = 1000;
const CONTROL = /[\x00-\x1F\x7F-\x9F]/g;

/** `ambos tail`: shows the messages of a room as they come, and reconnects where that is welcome. */
export async function tail(url: string, options: TailOptions): Promise<void> {
  const { room, username, token, insecure, notice } = options;
  for (let first = true; ; first = false) {
    try {
      const query = { username, ...(room !== undefined && { room }) };
      const connection = await Connection.open({ url, query, token, insecure }, (message) => show(message, options));
      const code = await connection.closed;
      if (code >= FINAL_CLOSE) throw new Error(`The server closed the connection for good (${code})`);
      notice(`connection closed (${code}), reconnecting`);
    } catch (error) {
      // A token that has expired, for example: it would be refused for ever.
      if (first || (error instanceof Refused && error.final)) throw error;
    }
    await wait(RECONNECT);
  }
}

function show(message: Message, { room, json, print }: TailOptions): void {
  // Everybody is in the default room, too: who asked for another one wants that alone, and what is meant for him.
  if (room !== undefined && message.room !== room && message.to === undefined) return;
  print(json ? JSON.stringify(message) : forPeople(message));
}

function forPeople({ type, content, from, timestamp, data, to }: Message): string {
  const time = new Date(timestamp * 1000).toTimeString().slice(0, 8);
  const users = type === 'user_list' && Array.isArray(data) ? `: ${data.length}` : '';
  const words = `${content}${users}${data !== null && users === '' ? ` ${JSON.stringify(data)}` : ''}`;
  const line = `${time} ${type.padEnd(12)} ${from}${to === undefined ? '' : ` → ${to}`}: ${words}`;
  return line.replace(CONTROL, ' ');
}
