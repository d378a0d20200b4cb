export { type Config, ConfigError, type Settings } from './config.ts';
export type { Logger } from './hub/ports.ts';
export type { Snapshot } from './hub/stats.ts';
export type { Json, Message } from './protocol/message.ts';
export { createServer, type Options, type Server } from './server.ts';
