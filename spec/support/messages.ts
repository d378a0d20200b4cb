/** A message from the server (PROTOCOL.md, section 1). */
export interface Message {
  type: string;
  content: string;
  from: string;
  timestamp: number;
  id: string;
  data: unknown;
  room?: string;
  to?: string;
  fromId?: string;
  total?: number;
  session?: string;
  recovered?: boolean;
  reason?: string;
  replayed?: number;
}

/** A message from a client; anything goes, because the suites also send what is wrong. */
export interface Outgoing {
  type: string;
  clientMsgId?: string;
  [key: string]: unknown;
}

/** One row of a `user_list`. */
export interface Row {
  id: string;
  username: string;
  status: string;
}

/** What a refusal says, by whichever road it came. */
export interface Refusal {
  code: string;
  message: string;
  retryable: boolean;
  retryAfter?: number;
  clientMsgId?: string;
}

export interface Accepted {
  ok: true;
  id: string;
  timestamp: number;
  duplicate?: boolean;
}

/** A receipt in the shape of the Socket.IO callback, on the raw door too. */
export type Receipt = Accepted | { ok: false; error: Refusal };

/** The place that an id names: `20231107132000-125.1` has date 20231107132000, n 125 and k 1. */
export interface Position {
  date: string;
  n: bigint;
  k?: bigint;
}

export function positionOf(id: string): Position {
  const parts = /^(\d{14})-(\d+)(?:\.(\d+))?$/.exec(id);
  if (!parts) throw new Error(`not an id of a message: ${JSON.stringify(id)}`);
  const position: Position = { date: parts[1]!, n: BigInt(parts[2]!) };
  if (parts[3] !== undefined) position.k = BigInt(parts[3]);
  return position;
}

/** The number N of an id. */
export function nOf(id: string): bigint {
  return positionOf(id).n;
}

export function rowsOf(list: Message): Row[] {
  if (!Array.isArray(list.data)) throw new Error(`not a user_list: ${JSON.stringify(list)}`);
  return list.data as Row[];
}

/** The userIds of a `user_list`, in its order. */
export function idsOf(list: Message): string[] {
  return rowsOf(list).map((row) => row.id);
}

/** A key of `data`, when `data` is an object. */
export function dataKey(message: Message, key: string): unknown {
  if (typeof message.data !== 'object' || message.data === null) return undefined;
  return (message.data as Record<string, unknown>)[key];
}

let count = 0;
const run = `${process.pid.toString(36)}${Date.now().toString(36)}`;

/** A name that nobody else uses, so that a case can be repeated against a server which remembers. */
export function unique(noun: string): string {
  count += 1;
  return `${noun}-${run}-${count}`;
}
