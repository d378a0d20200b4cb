import type { Client } from '../support/client.ts';
import { dataKey, type Message, positionOf, rowsOf } from '../support/messages.ts';

const SIX = ['type', 'content', 'from', 'timestamp', 'id', 'data'];
const FURTHER = ['room', 'to', 'fromId', 'total', 'session', 'recovered', 'reason', 'replayed'];
const NUMBERED = new Set(['chat', 'notification', 'user_joined', 'user_left']);
const UNNUMBERED = new Set(['user_list', 'ack', 'error', 'heartbeat']);
/** Sent by people; own types are those of the suite's own server. */
const PERSONAL = new Set(['chat', 'notification', 'move', 'score', 'task']);
const OTHERS = new Set(['system', 'move', 'score', 'task']);
const RECOVERY = ['session', 'recovered', 'reason', 'replayed'];
const REASONS = ['session', 'unknown', 'truncated', 'too_many'];
const ROOMLESS = new Set(['ack', 'error', 'heartbeat']);

type Rule = (message: Message) => string | false;

/** What every message from the server must be, whatever the case (sections 1.1 to 1.3 and 5). */
const RULES: Rule[] = [
  (m) => SIX.some((key, index) => Object.keys(m)[index] !== key) && '1.1 the six keys come first, in order',
  (m) => !isInOrder(Object.keys(m).slice(6)) && '1.2 further keys are those of the table, in its order',
  (m) => ['type', 'content', 'from', 'id'].some((key) => !isText(m[key as keyof Message])) && '1.1 four are strings',
  (m) => !Number.isInteger(m.timestamp) && '1.1 timestamp is an integer',
  (m) => !NUMBERED.has(m.type) && !UNNUMBERED.has(m.type) && !OTHERS.has(m.type) && '5 the type is known',
  (m) => !/^\d{14}-\d+(\.\d+)?$/.test(m.id) && '1.3 the form of the id',
  (m) => positionOf(m.id).date !== secondOf(m.timestamp) && '1.3 the digits are the second of the timestamp',
  (m) => NUMBERED.has(m.type) && m.id.includes('.') && '1.3 a message with its own N has no suffix',
  (m) => UNNUMBERED.has(m.type) && !m.id.includes('.') && '1.3 a message without its own N ends in N.k',
  (m) => 'room' in m && (!isText(m.room) || m.room === 'general') && '1.2 room names another room than the default',
  (m) => 'room' in m && ROOMLESS.has(m.type) && '1.2 no room on ack, error and heartbeat',
  (m) => 'room' in m && 'to' in m && '1.2 no room on a direct message',
  (m) => 'to' in m !== 'fromId' in m && '1.2 to and fromId go together',
  (m) => 'to' in m && !PERSONAL.has(m.type) && '1.2 to is on direct messages',
  (m) => 'total' in m && (m.type !== 'user_list' || !Number.isInteger(m.total)) && '1.2 total is on a user_list',
  (m) => saysOfRecovery(m) && (m.type !== 'user_list' || 'room' in m) && '1.2 recovery is told by the first user_list',
  (m) => 'session' in m && !/^[\w-]{1,64}$/.test(String(m.session)) && '11.2 the characters of a session',
  (m) => 'recovered' in m && !('session' in m) && '11.2 whoever gives a lastId has a session',
  (m) => 'recovered' in m && typeof m.recovered !== 'boolean' && '1.2 recovered is a boolean',
  (m) => 'replayed' in m !== (m.recovered === true) && '1.2 replayed stands beside recovered where it is true',
  (m) => 'reason' in m !== (m.recovered === false) && '1.2 reason stands beside recovered where it is false',
  (m) => 'replayed' in m && !Number.isInteger(m.replayed) && '1.2 replayed is an integer',
  (m) => 'reason' in m && !REASONS.includes(String(m.reason)) && '11.1 the reason is one of four',
  (m) => !PERSONAL.has(m.type) && m.from !== 'system' && '1.1 the server speaks as system',
  (m) => m.type === 'user_list' && !isList(m) && '5.4 the rows of a list',
  (m) => m.type.startsWith('user_') && m.type !== 'user_list' && !isPresence(m) && '5.5 the data of a presence',
  (m) => m.type === 'ack' && (m.content !== '' || !isText(dataKey(m, 'clientMsgId'))) && '4.1 the form of an ack',
  (m) => m.type === 'error' && !isRefusal(m) && '4.3 the form of an error',
];

/** The faults of all that these clients have received; none, if the server keeps to the document. */
export function faultsOf(clients: readonly Client[]): string[] {
  return [...clients.flatMap((client) => [...ownFaults(client), ...orderFaults(client)]), ...sharedFaults(clients)];
}

/** What is wrong with one message alone. */
export function faultsIn(message: Message): string[] {
  return RULES.flatMap((rule) => rule(message) || []);
}

function ownFaults(client: Client): string[] {
  const faults = client.messages.flatMap((message, index) =>
    [...faultsIn(message), ...placeFaults(message, index)].map(
      (fault) => `${client.door}: ${fault}: ${JSON.stringify(message)}`,
    ),
  );
  // A text may have come just before the client closed, and then it is no message any more.
  if (client.texts.length >= client.messages.length) return faults;
  return [...faults, `${client.door}: 1.4 ${client.texts.length} texts, but ${client.messages.length} messages`];
}

function placeFaults(message: Message, index: number): string[] {
  const isFirst = index === 0;
  const faults: string[] = [];
  if (isFirst && (message.type !== 'user_list' || 'room' in message)) faults.push('2.4 the default list comes first');
  if (!isFirst && saysOfRecovery(message)) faults.push('1.2 recovery is told by the first user_list alone');
  return faults;
}

function orderFaults(client: Client): string[] {
  const faults: string[] = [];
  let highest = -1n;
  client.messages.forEach((message, index) => {
    const { n, k } = positionOf(message.id);
    if (k === undefined && n <= highest)
      faults.push(`${client.door}: 1.3 not above ${highest}: ${client.texts[index]}`);
    if (n > highest) highest = n;
  });
  return faults;
}

/** Each server has a sequence of its own. */
function sharedFaults(clients: readonly Client[]): string[] {
  const urls = new Set(clients.map((client) => client.url));
  return [...urls].flatMap((url) => {
    const of = clients.filter((client) => client.url === url);
    // Across connections the date is examined where a hurried clock makes it certain (messages.spec.ts).
    return [...textFaults(of), ...of.flatMap((client) => dateFaults(client.messages))];
  });
}

function textFaults(clients: readonly Client[]): string[] {
  const faults: string[] = [];
  const texts = new Map<string, string>();
  for (const client of clients) {
    client.messages.forEach(({ type, id }, index) => {
      if (!NUMBERED.has(type)) return;
      const text = client.texts[index] ?? '';
      const first = texts.get(id) ?? text;
      texts.set(id, first);
      if (first !== text) faults.push(`1.3 one id, two texts: ${first} and ${text}`);
    });
  }
  return faults;
}

/** Compares the ids in the order of their N, whoever received them. */
export function dateFaults(messages: readonly Message[]): string[] {
  const told = messages.map(({ id, type }) => ({ ...positionOf(id), id, type }));
  told.sort((a, b) => (a.n === b.n ? a.date.localeCompare(b.date) : a.n < b.n ? -1 : 1));
  const faults: string[] = [];
  let latest = told[0];
  for (const next of told) {
    if (next.n > latest!.n && next.date < latest!.date) {
      faults.push(`1.3 the date goes back while N grows: ${latest!.id} ${latest!.type}, ${next.id} ${next.type}`);
    }
    if (next.date >= latest!.date) latest = next;
  }
  return faults;
}

function saysOfRecovery(message: Message): boolean {
  return RECOVERY.some((key) => key in message);
}

function isInOrder(keys: string[]): boolean {
  const places = keys.map((key) => FURTHER.indexOf(key));
  return places.every((place, index) => place >= 0 && place > (places[index - 1] ?? -1));
}

/** `1699363200` is `20231107132000`. */
function secondOf(timestamp: number): string {
  return new Date(timestamp * 1000).toISOString().replace(/\D/g, '').slice(0, 14);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isList(message: Message): boolean {
  if (!Array.isArray(message.data)) return false;
  const ids = new Set(rowsOf(message).map((row) => row.id));
  return ids.size === message.data.length && rowsOf(message).every((row) => keysAre(row, 'id,username,status'));
}

function isPresence(message: Message): boolean {
  return keysAre(message.data, 'username,userId') && message.content !== '';
}

function isRefusal(message: Message): boolean {
  const limited = dataKey(message, 'code') === 'rate_limited';
  const wait = dataKey(message, 'retryAfter');
  if (limited !== (Number.isInteger(wait) && (wait as number) >= 1)) return false;
  if (!limited && wait !== undefined) return false;
  return (
    isText(dataKey(message, 'code')) && typeof dataKey(message, 'retryable') === 'boolean' && message.content !== ''
  );
}

function keysAre(value: unknown, keys: string): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).join() === keys;
}
