/**
 * A message from the server. The six documented keys are always there, the others only where they mean something.
 * `data` comes from another client: nobody but the server's own schema has looked at it.
 */
export interface Message<Data = unknown> {
  type: string;
  content: string;
  /** The sender's username; `system` for what the server itself says. */
  from: string;
  /** Unix seconds. */
  timestamp: number;
  id: string;
  data: Data;
  /** Absent: the default room. */
  room?: string;
  /** Of a direct message: the userId of the addressee, and of the sender. */
  to?: string;
  fromId?: string;
  /** On a `user_list` that does not list everybody: how many there are. */
  total?: number;
  /** On the first `user_list` of a connection: the secret that gives back its rooms and its presence. */
  session?: string;
  /** On the first `user_list`: whether what was missed follows. */
  recovered?: boolean;
  /** Where not recovered: `session`, `unknown`, `truncated` or `too_many`. */
  reason?: string;
  /** How many missed messages follow. */
  replayed?: number;
}

/** One row of a `user_list`. */
export interface UserRow {
  /** The userId. */
  id: string;
  username: string;
  status: 'online';
}

/** Reads a frame. @returns undefined where it is no message */
export function readMessage(frame: string): Message | undefined {
  try {
    const message: Message | null = JSON.parse(frame);
    return typeof message?.type === 'string' ? message : undefined;
  } catch {
    return undefined;
  }
}
