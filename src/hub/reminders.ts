/** What a client would say that keeps nothing by itself. */
export interface Reminder {
  lastId: string;
  session: string;
}

/** For connections that vanished, of clients that know nothing of recovery: whoever comes back as their user has one. */
export class Reminders {
  readonly #byUser = new Map<string, Reminder[]>();

  add(userId: string, reminder: Reminder): void {
    this.#byUser.set(userId, [...(this.#byUser.get(userId) ?? []), reminder]);
  }

  /** The one that has waited longest: it is not there for anyone else. */
  take(userId: string): Reminder | undefined {
    const reminder = this.#byUser.get(userId)?.[0];
    if (reminder) this.drop(userId, reminder.session);
    return reminder;
  }

  drop(userId: string, session: string): void {
    const left = (this.#byUser.get(userId) ?? []).filter((reminder) => reminder.session !== session);
    if (left.length > 0) this.#byUser.set(userId, left);
    else this.#byUser.delete(userId);
  }
}
