import { type Nodes, nodeOf } from './nodes.ts';
import type { PresenceChange } from './ports.ts';
import type { Rooms } from './rooms.ts';
import type { Attendee } from './session.ts';

export interface ElsewhereOptions {
  nodes: Nodes;
  rooms: Rooms;
  /** Rooms hear that one has left, whose own node does not say so. */
  leave(attendee: Attendee, rooms: readonly string[]): Promise<void>;
}

/** Who is present by connections to which node: every node knows of all, since comings and goings cross the log. */
export class Elsewhere {
  readonly #options: ElsewhereOptions;

  constructor(options: ElsewhereOptions) {
    this.#options = options;
  }

  /** The nodes that somebody is connected to. */
  nodes(): Set<string> {
    return new Set([...this.#options.rooms.default.roster.connections()].map(({ session }) => nodeOf(session)));
  }

  /** How many connections a user has there; those that are expected back are among them. */
  connectionsOf(userId: string): number {
    const { rooms, nodes } = this.#options;
    return rooms.default.roster.sessionsOf(userId).filter((session) => nodeOf(session) !== nodes.name).length;
  }

  /** Sees those out whose node has ended. @returns false where some are still there */
  async bury(name: string): Promise<boolean> {
    const { leave } = this.#options;
    await Promise.all([...this.#peopleOf(name)].map(([attendee, rooms]) => leave(attendee, rooms)));
    return this.#peopleOf(name).size === 0;
  }

  /** Who is present by connections to this node, or expected back at it. */
  own(): PresenceChange[] {
    const people = [...this.#peopleOf(this.#options.nodes.name)];
    return people.flatMap(([{ id: session, user }, rooms]) => rooms.map((room) => ({ room, user, session })));
  }

  #peopleOf(name: string): Map<Attendee, string[]> {
    const people = new Map<string, Attendee>();
    const places = new Map<Attendee, string[]>();
    for (const room of this.#options.rooms.peopled()) {
      for (const { session: id, user } of room.roster.connections()) {
        if (nodeOf(id) !== name) continue;
        const attendee = people.get(id) ?? { id, user };
        people.set(id, attendee);
        places.set(attendee, [...(places.get(attendee) ?? []), room.name]);
      }
    }
    return places;
  }
}
