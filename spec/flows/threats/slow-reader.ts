import type { Door } from '../../support/client.ts';
import type { Message } from '../../support/messages.ts';
import { Polling } from '../../support/polling.ts';
import type { Scene } from './scene.ts';
import type { Wire } from './wire.ts';

/** A client that reads when the case says so. */
export abstract class SlowReader {
  /** All that it has read. */
  readonly messages: Message[] = [];
  /** What it was told when it was closed. */
  end: string | undefined;

  /** Reads until the test passes. */
  async until(test: () => boolean): Promise<void> {
    while (!test()) for (const text of await this.read()) this.#take(text);
  }

  /** Reads until the list of a room has come that is not among the first messages. */
  async untilList(room: string, after = 0): Promise<void> {
    await this.until(() => this.messages.slice(after).some((m) => m.type === 'user_list' && m.room === room));
  }

  abstract pause(): void;
  abstract leave(): void;
  protected abstract read(): Promise<string[]>;

  #take(text: string): void {
    const json = text.startsWith('42[') ? text.slice(text.indexOf(',') + 1, -1) : text;
    if (!json.startsWith('{"type"')) return;
    const message = JSON.parse(json) as Message;
    this.messages.push(message);
    if (message.type === 'error') this.end = (message.data as { code: string }).code;
  }
}

/** By WebSocket, of either door. */
export class WireReader extends SlowReader {
  readonly #wire: Wire;

  constructor(wire: Wire) {
    super();
    this.#wire = wire;
  }

  pause(): void {
    this.#wire.tcp.socket.pause();
  }

  leave(): void {
    this.#wire.close();
  }

  protected async read(): Promise<string[]> {
    this.#wire.tcp.socket.resume();
    const { opcode, payload } = await this.#wire.tcp.frame(() => true, 'a frame');
    if (opcode === 8) this.end = `${payload.readUInt16BE()} ${payload.subarray(2)}`;
    return opcode === 1 ? [payload.toString()] : [];
  }
}

/** By polling: it does not poll. */
export class PollingReader extends SlowReader {
  readonly #polling: Polling;

  constructor(polling: Polling) {
    super();
    this.#polling = polling;
  }

  pause(): void {}

  leave(): void {
    void this.#polling.post('41');
  }

  protected read(): Promise<string[]> {
    return this.#polling.poll();
  }
}

interface Reader {
  how: string;
  door: Door;
  /** What it hears when it is closed for not reading. */
  end: string;
  come(scene: Scene, query: string): Promise<SlowReader>;
}

/** The ways in which a client may read. */
export const READERS: Reader[] = [
  {
    how: 'ws',
    door: 'ws',
    end: '4008 slow_consumer',
    come: async (scene, query) => new WireReader(await scene.wire('ws', query)),
  },
  {
    how: 'socketio by WebSocket',
    door: 'socketio',
    end: 'slow_consumer',
    come: async (scene, query) => new WireReader(await scene.wire('socketio', query)),
  },
  {
    how: 'socketio by polling',
    door: 'socketio',
    end: 'slow_consumer',
    come: async (scene, query) => new PollingReader(await Polling.connect(scene.url, query)),
  },
];
