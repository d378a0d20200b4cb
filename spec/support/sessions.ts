import { Inbox } from '../../src/hub/inbox.ts';

/** An inbox for sessions whose requests nobody handles. */
export function silentInbox(): Inbox {
  return new Inbox({ tasks: 1, bytes: 1 });
}
