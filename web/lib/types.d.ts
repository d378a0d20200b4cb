/** The two doors of the hub, by the names that the statistics use. */
export type Door = 'ws' | 'socketio';

/** A message from the server: the six keys, and the further ones where the protocol says so. */
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

/** What a page sends; the server judges it. */
export interface Request {
  type: string;
  content?: string;
  room?: string;
  to?: string;
  data?: unknown;
  clientMsgId?: string;
  token?: string;
}

export interface Person {
  id: string;
  username: string;
  status?: string;
}

export interface Identity {
  username: string;
  userId: string;
  token?: string;
  rooms: readonly string[];
  /** Empty: asks for one. Absent: the connection can not be recovered. */
  session?: string | undefined;
  /** The last message received: what came after it follows. */
  lastId?: string | undefined;
}

/** How a connection ended, or why it never came about. */
export interface End {
  /** The words of the server or of the browser; may be empty. */
  reason: string;
  code?: number | undefined;
  /** Trying again by oneself is not welcome. */
  final: boolean;
  /** There was no answer of this server. */
  unreachable?: boolean;
  /** It takes a token, or another one. */
  unauthorized?: boolean;
}

export type Direction = 'in' | 'out';

/** What a client tells. After `closed` it tells nothing more. */
export interface Listener {
  opened(): void;
  /** The text of a frame, exactly as it is on the wire. */
  frame(direction: Direction, text: string): void;
  message(message: Message): void;
  closed(end: End): void;
}

/** One connection by one door, from its beginning to its end. */
export interface Client {
  /** `receipt` is the callback of Socket.IO; the raw WebSocket has none. */
  send(request: Request, receipt?: (answer: unknown) => void): void;
  /** Sends what a person wrote. @throws Error where this door cannot carry it */
  sendText(text: string): void;
  /** Says goodbye. Resolves once the server knows, too. */
  close(): Promise<void>;
}

/** A client in a thread of its own, with which worse can happen. */
export interface RemoteClient extends Client {
  /** Is gone, without a goodbye. */
  vanish(): void;
  /** Takes nothing from its socket for so long. Resolves when it reads again. */
  stall(milliseconds: number): Promise<void>;
}

export interface Connections {
  current_connections: number;
  total_connections: number;
}

/** The statistics of `/ws/stats`. */
export interface Stats extends Connections {
  messages_sent: number;
  messages_received: number;
  active_users: number;
  rooms: number;
  uptime_seconds: number;
  transports: Record<string, Connections>;
  errors?: Record<string, number>;
  closes?: Record<string, number>;
  memory?: { rss_bytes: number; heap_used_bytes: number };
  event_loop_delay_ms?: { p50: number; p99: number; max: number };
}
