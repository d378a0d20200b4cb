import { Inbox } from '../../src/hub/inbox.ts';
import type { Budget } from '../../src/hub/ports.ts';
import { Session } from '../../src/hub/session.ts';
import { RecordingTransport } from './recording-transport.ts';

/** For clients that may ask for whatever they like. */
export const ENDLESS: Budget = { take: () => 0, overdrawn: false, catchUp() {}, close() {} };

/** An inbox for sessions whose requests nobody handles. */
export function silentInbox(): Inbox {
  return new Inbox({ inboxSize: 1, inboxBytes: 1 });
}

/** Sessions that only stand for who is sent what. */
export function sessions(count: number): Session[] {
  const transport = new RecordingTransport('none', () => {
    throw new Error('these sessions have no hub');
  });
  return Array.from({ length: count }, (_, i) => {
    const id = `s${i}`;
    const options = { id, user: { id, name: id }, transport, address: '', budget: ENDLESS };
    return new Session({ ...options, inbox: silentInbox() });
  });
}
