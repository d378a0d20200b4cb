import type { OwnType } from '../protocol/own-type.ts';
import type { Locale } from '../protocol/texts.ts';
import type { Nodes } from './nodes.ts';
import type { Authenticator, Authorize, Budget, Clock, Log, Logger, User } from './ports.ts';

export interface HubLimits {
  maxMessageBytes: number;
  maxRooms: number;
  /** Connections of one user; 0: no limit. */
  maxConnectionsPerUser: number;
  inboxSize: number;
  inboxBytes: number;
  announceLimit: number;
  userListLimit: number;
  /** Milliseconds for which comings and goings are gathered. */
  presenceWindow: number;
  /** Milliseconds for which one that vanished counts as present. */
  presenceGrace: number;
  /** Messages that a connection may have missed, to be recovered. */
  replayLimit: number;
  /** Clients that know nothing of recovery are recovered by what they have confirmed. */
  legacyRecovery: boolean;
  /** Milliseconds before a token expires at which its client is warned. */
  tokenWarning: number;
}

export interface HubOptions {
  nodes: Nodes;
  log: Log;
  /** Clients that are to leave find another server by the same address. */
  movable: boolean;
  authorize: Authorize;
  renew: Authenticator['renew'];
  newBudget: (user: User) => Budget;
  clock: Clock;
  logger: Logger;
  locale: Locale;
  limits: HubLimits;
  /** The application's own types, by name. */
  ownTypes: ReadonlyMap<string, OwnType>;
}
