/** A process: where it answers, and whose processor time and memory are watched. */
export interface Place {
  port: number;
  pid: number;
}

/** What a load worker is to do to a server, or to several that are one. */
export interface Plan {
  /** The clients are spread evenly over them. */
  nodes: readonly Place[];
  /** What the nodes share, where they do. */
  redis?: Place;
  /** The cores that servers and load are pinned to, where they are. */
  cores?: { server: number; load: number };
  raw: number;
  socketio: number;
  /** Handshakes at the same time; 0: all at once. */
  handshakes: number;
  /** Each client is in `each` of `count` rooms, and the messages go to rooms. */
  rooms?: { count: number; each: number };
  /** Or all are in this one, and the messages go to it. */
  room?: string;
  /** Seconds after joining at which the server's memory is read. */
  idle?: readonly number[];
  traffic?: TrafficPlan;
  recovery?: RecoveryPlan;
}

/** Either a window (closed loop: so many messages in flight) or a rate (open loop: messages per second). */
export interface TrafficPlan {
  senders: number;
  /** Length of the content. */
  bytes: number;
  window?: number;
  rate?: number;
  warm: number;
  seconds: number;
  /** The share of the clients that stops reading while it is measured. */
  slow?: number;
  /** Each message asks for a receipt. */
  receipts?: boolean;
}

/** What becomes of the server when everybody drops. `kill`: the first of several, which has them all, is gone for good. */
export type Fault = 'none' | 'restart' | 'kill';

/** All clients drop, so many messages are sent to their room, and they come back all at once. */
export interface RecoveryPlan {
  missed: number;
  /** Length of their content. */
  bytes: number;
  /** `restart`: before they come back the server is killed, and started again on the same folder. */
  fault: Fault;
}

/** What came of it. Times are seconds, latencies milliseconds, memory KiB. */
export interface Report {
  joining: Joining;
  memory: { before: number; joined: number; idle: number[]; end: number; peak: number };
  traffic?: TrafficReport;
  faults: Faults;
  slow?: SlowReport;
  recovery?: RecoveryReport;
  /** The first few things that servers or sockets complained of. */
  complaints: string[];
}

export interface Joining {
  clients: number;
  /** Until all had joined. */
  seconds: number;
  /** Until the last frame came. */
  quiet: number;
  frames: number;
  bytes: number;
  serverCpu: number;
  loadCpu: number;
  failed: number;
}

export interface TrafficReport {
  seconds: number;
  /** Sent in the time that was measured. */
  messages: number;
  /** Received in it. */
  deliveries: number;
  /** Both sent and received in it. */
  inTime: number;
  framesPerRead: number;
  serverCpu: number;
  loadCpu: number;
  /** What others used of the server's core, and of the load's. */
  others: { server: number; load: number };
  /** 0 where there is no Redis. */
  redisCpu: number;
  redis?: RedisReport;
  p50: number;
  p99: number;
  max: number;
  /** From sending a message until its receipt came, where they were asked for. */
  receipts?: { p50: number; p99: number };
  /** Nothing more came although messages were in flight. */
  stalled: boolean;
}

/** How often Redis was called in the whole run, and for how many messages. */
export interface RedisReport {
  calls: number;
  messages: number;
}

/** What may never happen to a client that reads. */
export interface Faults {
  missing: number;
  duplicate: number;
  disorder: number;
  stray: number;
  dropped: number;
}

/** How those came back that had dropped. */
export interface RecoveryReport {
  clients: number;
  /** Had everything that they missed, each message once and in its place, and then a live one. */
  complete: number;
  /** From the beginning of the first connection until everyone had what it missed. */
  seconds: number;
  /** For each client, from the beginning of its connection to the last message that it missed. */
  p50: number;
  p99: number;
  max: number;
  /** 99 % were connected by then, before any handshake. */
  connected: number;
  /** Seconds from the end of the server until its port answered again; 0 where it lived on. */
  down: number;
  bytes: number;
  serverCpu: number;
  loadCpu: number;
  others: { server: number; load: number };
}

/** What became of those that had stopped reading, once they read on. */
export interface SlowReport {
  clients: number;
  /** Got everything, in order. */
  level: number;
  /** Closed as slow consumers. */
  closed: number;
  /** Neither. */
  other: number;
  duplicate: number;
  disorder: number;
  /** Until each was level or closed. */
  seconds: number;
}
