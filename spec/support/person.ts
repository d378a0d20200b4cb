import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { type Client, type Door, SdkClient } from './client.ts';
import { unique } from './messages.ts';
import { backOf, type Coming, come, drop, open, PATIENCE, sessionOf, welcomeOf } from './returning.ts';
import { keptBy } from './talk.ts';

type Address = { url: string };

/** Comes, drops, and comes back with the last id it had, as one who was in a room and misses nothing. */
export class Person {
  readonly userId = unique('person');
  readonly door: Door;
  readonly room: string;
  /** Its connections, one after another. */
  readonly lives: Client[] = [];
  readonly #more: Coming;

  /** @param more how else it comes */
  constructor(door: Door, room: string, more: Coming = {}) {
    this.door = door;
    this.room = room;
    this.#more = more;
  }

  /** The present connection. */
  get client(): Client {
    return this.lives.at(-1)!;
  }

  get session(): string {
    return sessionOf(this.client);
  }

  /** How often it has come back. */
  get drops(): number {
    return this.lives.length - 1;
  }

  /** The ids of what it received of a kept class, in all its lives. */
  get kept(): string[] {
    return this.lives.flatMap(keptBy);
  }

  /** @param more what it says otherwise */
  async come(server: Address, more: Coming = {}): Promise<void> {
    await this.#enter(await come(this.door, server, { ...this.#coming, ...more }));
  }

  /** Tries until somebody is there, as every SDK does. @returns how often nobody was */
  async insist(server: Address): Promise<number> {
    for (let failures = 0; ; failures += 1) {
      const client = open(this.door, server, this.#coming);
      const error = await arrive(client).catch((reason: Error) => reason);
      if (!error) {
        await this.#enter(client);
        return failures;
      }
      await client.close();
      await pause(25);
    }
  }

  /** Comes back whenever its connection has ended, until nobody wants it to. */
  async stay(server: Address, wanted: () => boolean): Promise<void> {
    for (;;) {
      await this.client.closed;
      if (!wanted()) return;
      await this.insist(server);
    }
  }

  async hears(count: number): Promise<void> {
    // There may be no more to be heard.
    await this.client.collect({ room: this.room, type: 'chat' }, count, 300).catch(() => {});
  }

  async dropAndReturn(server: Address): Promise<void> {
    await drop(this.client);
    await this.come(server);
  }

  get #coming(): Coming {
    const back = this.lives.length > 0 ? backOf(this.client) : { session: '' };
    return { userId: this.userId, rooms: [this.room], ...this.#more, ...back };
  }

  async #enter(client: Client): Promise<void> {
    if (this.lives.length > 0) expect(welcomeOf(client)).to.include({ recovered: true, session: this.session });
    else await client.next({ type: 'user_list', room: this.room }, PATIENCE);
    this.lives.push(client);
  }
}

/** Rejects where there is nobody. */
async function arrive(client: Client): Promise<void> {
  const refused = new Promise<never>((_, reject) => {
    if (client instanceof SdkClient) client.socket.on('connect_error', reject);
  });
  client.welcome = await Promise.race([client.next('user_list', PATIENCE), refused]);
}
