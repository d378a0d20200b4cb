import { once } from 'node:events';
import { expect } from 'chai';
import WebSocket from 'ws';
import { DOORS, type Door } from '../support/client.ts';
import { removeFolders } from '../support/folder.ts';
import { json, request } from '../support/http.ts';
import { Lives } from '../support/lives.ts';
import { Polling } from '../support/polling.ts';
import { rawUrl } from '../support/raw.ts';

const MIB = 1024 ** 2;
const FILL = 'x'.repeat(32_000);
const COUNT = 4000;
/** What the server may use for JavaScript: far less than what is said. */
const HEAP = 128;
/** Above what it had before: the heap that it may use, and some megabytes for each who is read from. */
const GROWTH = 192 * MIB;

/** A client that remembers no more of the chats than their ids. */
abstract class Listener {
  readonly chats: string[] = [];
  /** The type of the last message. */
  last: string | undefined;

  abstract pause(): void;
  protected abstract more(): Promise<unknown>;

  async hears(count: number): Promise<void> {
    while (this.chats.length < count) await this.more();
  }

  /** Reads on until it has heard everything, and what comes behind that for who has been slow. */
  async catchUp(count: number): Promise<void> {
    await this.hears(count);
    while (this.last !== 'user_list') await this.more();
  }

  protected hear(text: string): void {
    const type = /^(?:42\["\w+",)?\{"type":"(\w+)"/.exec(text)?.[1];
    const id = /"id":"(\d{14}-[\d.]+)"/.exec(text)?.[1];
    if (type && id) this.last = type;
    if (type === 'chat' && id) this.chats.push(id);
  }
}

class SocketListener extends Listener {
  readonly ws: WebSocket;
  readonly #end: Promise<never>;

  constructor(url: string) {
    super();
    this.ws = new WebSocket(url);
    this.#end = once(this.ws, 'close').then(([code]) => Promise.reject(new Error(`closed with ${code}`)));
    this.#end.catch(() => {}); // whoever waits for more will say so
    this.ws.on('message', (data) => this.hear(String(data)));
  }

  static async open(door: Door, url: string): Promise<SocketListener> {
    if (door === 'ws') return new SocketListener(rawUrl(url)).begun();
    const listener = new SocketListener(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
    await once(listener.ws, 'open');
    listener.ws.send('40');
    return listener.begun();
  }

  async begun(): Promise<this> {
    while (this.last === undefined) await this.more();
    return this;
  }

  pause(): void {
    this.ws.pause();
  }

  protected async more(): Promise<void> {
    this.ws.resume();
    await Promise.race([once(this.ws, 'message'), this.#end]);
  }
}

class PollingListener extends Listener {
  readonly #polling: Polling;

  constructor(polling: Polling) {
    super();
    this.#polling = polling;
  }

  pause(): void {}

  protected async more(): Promise<void> {
    for (const packet of await this.#polling.poll()) this.hear(packet);
  }
}

describe('clients that do not read while much is said', function () {
  this.timeout(120_000);
  let server: Lives;

  before(async () => {
    const NODE_OPTIONS = `--max-old-space-size=${HEAP}`;
    server = await Lives.begin({
      NODE_OPTIONS,
      PING_INTERVAL: '1h',
      LOG_MESSAGES: '100000',
    });
  });
  after(async () => {
    await server.kill();
    removeFolders();
  });

  const memory = async () => {
    const { memory } = json(await request(`${server.url}/ws/stats`)) as { memory: { rss_bytes: number } };
    return memory.rss_bytes;
  };

  it('lose nothing, and cost no more memory the more is said', async () => {
    const speaker = await SocketListener.open('ws', server.url);
    const stalled: Listener[] = await Promise.all(DOORS.map((door) => SocketListener.open(door, server.url)));
    stalled.push(new PollingListener(await Polling.connect(server.url)));
    for (const listener of stalled) listener.pause();
    const before = await memory();
    const measure = async () => expect((await memory()) - before, 'growth in bytes').to.be.lessThan(GROWTH);
    for (let said = 1; said <= COUNT; said += 1) {
      speaker.ws.send(JSON.stringify({ type: 'chat', content: FILL }));
      await speaker.hears(said - 20);
      if (said % 250 === 0) await measure();
    }
    await speaker.hears(COUNT);
    for (const listener of stalled) {
      await listener.catchUp(COUNT);
      await measure();
    }
    for (const { chats } of stalled) expect(chats).to.deep.equal(speaker.chats);
    speaker.ws.close();
  });
});
