import type { Audience, Transport } from './ports.ts';
import { Roster } from './roster.ts';
import type { Session } from './session.ts';

/** A room knows two things: who is present in it, and who hears it here. */
export class Room {
  readonly name: string;
  readonly roster = new Roster();
  /** Per transport one live set of sessions, whose identity is the batch key. */
  readonly #audiences = new Map<Transport, Set<Session>>();

  constructor(name: string) {
    this.name = name;
  }

  attach(session: Session): void {
    session.transport.settle(session);
    const audience = this.#audiences.get(session.transport);
    if (audience) audience.add(session);
    else this.#audiences.set(session.transport, new Set([session]));
  }

  detach(session: Session): void {
    if (!session.gone) session.transport.settle(session);
    const audience = this.#audiences.get(session.transport);
    audience?.delete(session);
    if (audience?.size === 0) this.#audiences.delete(session.transport);
  }

  audience(transport: Transport): Audience | undefined {
    return this.#audiences.get(transport);
  }

  /** Nobody is present and nobody hears it: it can be forgotten. */
  get empty(): boolean {
    return this.roster.size === 0 && this.#audiences.size === 0;
  }
}
