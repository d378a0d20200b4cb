import type { Door } from '../../support/client.ts';
import { Tcp } from '../../support/tcp.ts';

/** A connected client of either door made of bytes: it says what no library would say. */
export class Wire {
  readonly door: Door;
  readonly tcp: Tcp;

  constructor(door: Door, tcp: Tcp) {
    this.door = door;
    this.tcp = tcp;
  }

  /** Connects by WebSocket; resolves when the first list has arrived. */
  static async open(door: Door, url: string, query = '', halfOpen = false): Promise<Wire> {
    const wire = new Wire(door, await Tcp.open(url, '', targetOf(door, query), { halfOpen }));
    if (door === 'socketio') {
      await wire.tcp.next('0{');
      wire.tcp.send('40');
    }
    await wire.heard('user_list');
    return wire;
  }

  /** Sends the JSON text of a message. Socket.IO has the type in the event's name, so it is told twice there. */
  send(json: string, type = 'chat'): void {
    this.tcp.send(packet(this.door, json, type));
  }

  /** The next message of a type, as JSON text; messages before it are passed over. */
  heard(type: string): Promise<string> {
    return this.tcp.next(this.door === 'ws' ? `{"type":"${type}"` : `42["${type}"`);
  }

  /** The code of the next error. */
  async refusal(): Promise<string | undefined> {
    return /"code":"(\w+)"/.exec(await this.heard('error'))?.[1];
  }

  close(): void {
    this.tcp.close();
  }
}

/** Where a door takes WebSockets. */
export function targetOf(door: Door, query = ''): string {
  return door === 'ws' ? `/ws?${query}` : `/socket.io/?EIO=4&transport=websocket&${query}`;
}

/** The text frame of a message. */
export function packet(door: Door, json: string, type = 'chat'): string {
  return door === 'ws' ? json : `42["${type}",${json}]`;
}
