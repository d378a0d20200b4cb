import type { Audience } from '../hub/ports.ts';
import type { Session } from '../hub/session.ts';
import type { Frame } from './frame.ts';
import { JoinedParcel, type Parcel, type Placed, SharedParcel } from './parcel.ts';

/** What is written alike to each of these sessions. */
export interface Delivery {
  parcel: Parcel;
  sessions: readonly Session[];
}

/** What one session gets beside, or not as, its audiences: its own frames, and the place from which it is like them. */
interface Stray {
  own: Placed[];
  bytes: number;
  since: number;
}

/**
 * What has been sent and not yet been written. Audiences are kept by reference, and nobody looks who is in them before
 * the end: whoever joins or leaves one meanwhile, or is sent something of its own, is a stray.
 */
export class Batch {
  /** Frames in all; the place of the next one. */
  count = 0;
  /** Bytes for audiences. */
  bytes = 0;
  readonly #audiences = new Map<Audience, Placed[]>();
  readonly #strays = new Map<Session, Stray>();

  /** A place behind all others. @param frames how many take it */
  nextPlace(frames = 1): number {
    const place = this.count;
    this.count += frames;
    return place;
  }

  addToAll(frame: Frame, audience: Audience): void {
    const placed = { place: this.nextPlace(), parcel: frame };
    const sent = this.#audiences.get(audience);
    if (sent) sent.push(placed);
    else this.#audiences.set(audience, [placed]);
    this.bytes += frame.size;
  }

  /** @returns how many bytes of its own wait for the session */
  addToOne(parcel: Parcel, session: Session, place = this.nextPlace(parcel.frames.length)): number {
    const stray = this.#stray(session);
    stray.own.push({ place, parcel });
    stray.bytes += parcel.size;
    return stray.bytes;
  }

  /** A session is about to join or leave an audience: what was sent until now is decided as its audiences are now. */
  settle(session: Session): void {
    if (this.#audiences.size === 0) return;
    const stray = this.#stray(session);
    const missing = this.#sentTo(session).flatMap((sent) => sent.filter(({ place }) => place >= stray.since));
    if (missing.length > 0) stray.own = [...stray.own, ...missing].sort((a, b) => a.place - b.place);
    stray.since = this.count;
  }

  /** Takes out what waits for one session. */
  take(session: Session): Parcel {
    const parcel = join(this.#stray(session), new SharedParcel(this.#sentTo(session)), this.count);
    this.#strays.set(session, { own: [], bytes: 0, since: this.count });
    return parcel;
  }

  /** Who gets what. Sessions that hear the same audiences, and nothing of their own, share one parcel. */
  deliveries(): Delivery[] {
    const blends = this.#blends();
    const strays = [...this.#strays].map(([session, stray]) => {
      const parcel = join(stray, blends.get(session)?.parcel ?? NOTHING, this.count);
      blends.delete(session);
      return { parcel, sessions: [session] };
    });
    for (const [session, { sessions }] of blends) sessions.push(session);
    return [...new Set(blends.values()), ...strays];
  }

  #blends(): Map<Session, Blend> {
    const blends = new Map<Session, Blend>();
    const none = new Blend([]);
    for (const [audience, sent] of this.#audiences) {
      for (const session of audience) blends.set(session, (blends.get(session) ?? none).with(sent));
    }
    return blends;
  }

  #stray(session: Session): Stray {
    let stray = this.#strays.get(session);
    if (!stray) {
      stray = { own: [], bytes: 0, since: 0 };
      this.#strays.set(session, stray);
    }
    return stray;
  }

  #sentTo(session: Session): Placed[][] {
    return [...this.#audiences].filter(([audience]) => audience.has(session)).map(([, sent]) => sent);
  }
}

/** Sessions that hear the same audiences. */
class Blend implements Delivery {
  readonly parcel: SharedParcel;
  readonly sessions: Session[] = [];
  readonly #sources: readonly Placed[][];
  readonly #next = new Map<Placed[], Blend>();

  constructor(sources: readonly Placed[][]) {
    this.#sources = sources;
    this.parcel = new SharedParcel(sources);
  }

  /** The blend of those who hear one audience more. */
  with(source: Placed[]): Blend {
    let blend = this.#next.get(source);
    if (!blend) {
      blend = new Blend([...this.#sources, source]);
      this.#next.set(source, blend);
    }
    return blend;
  }
}

const NOTHING = new SharedParcel([]);

/** A stray's own frames, each at its place among those of its audiences. */
function join({ own, since }: Stray, shared: SharedParcel, end: number): Parcel {
  const parts: Parcel[] = [];
  let from = since;
  for (const { place, parcel } of own) {
    if (place > from && shared.size > 0) parts.push(shared.between(from, place));
    parts.push(parcel);
    from = Math.max(from, place);
  }
  if (end > from && shared.size > 0) parts.push(shared.between(from, end));
  return parts.length === 1 ? parts[0]! : new JoinedParcel(parts);
}
