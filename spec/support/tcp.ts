import net, { isIP, type Socket } from 'node:net';
import tls from 'node:tls';
import { Deferred } from './deferred.ts';

export interface Frame {
  opcode: number;
  payload?: Buffer | string;
  fin?: boolean;
  /** The three reserved bits, as they stand in the first byte. */
  reserved?: number;
  masked?: boolean;
}

/** A frame as it came from the server. */
export interface Received {
  opcode: number;
  payload: Buffer;
}

export interface TcpOptions {
  /** Leaves the connection open when the server has ended its side of it. */
  halfOpen?: boolean;
  /** The authority whose certificates are taken, as PEM. */
  ca?: string;
  /** Milliseconds that anything awaited may take. */
  patience?: number;
}

const PATIENCE = 2000;
const END_OF_HEAD = '\r\n\r\n';

/** A WebSocket client made of bytes: for frames that break RFC 6455, and for handshakes that never end. */
export class Tcp {
  readonly socket: Socket;
  /** Resolves when the connection has ended, with the code of the close frame if there was one. */
  readonly closed: Promise<number | undefined>;
  /** The frames that have come, once an upgrade was agreed. */
  readonly frames: Received[] = [];
  /** What has come and is no complete frame: the answer to a request, until its head is complete. */
  #bytes: Buffer = Buffer.alloc(0);
  #answer: string | undefined;
  #taken = 0;
  readonly #patience: number;

  constructor(url: string, { halfOpen = false, ca, patience = PATIENCE }: TcpOptions = {}) {
    this.#patience = patience;
    const { protocol, hostname, port } = new URL(url);
    const secure = protocol === 'https:';
    const address = { host: hostname, port: Number(port || (secure ? 443 : 80)), allowHalfOpen: halfOpen };
    this.socket = secure
      ? tls.connect({ ...address, ...(!isIP(hostname) && { servername: hostname }), ...(ca !== undefined && { ca }) })
      : net.connect(address);
    this.socket.on('error', () => {}); // 'close' follows
    this.socket.on('data', (chunk) => this.#receive(chunk));
    const closed = new Deferred<number | undefined>();
    this.closed = closed.promise;
    this.socket.on('close', () => closed.resolve(this.#closeCode()));
    if (!halfOpen) this.socket.on('end', () => this.socket.destroy());
  }

  /** Opens `/ws`, or another address, and resolves when the server has agreed. */
  static async open(url: string, query = '', target = `/ws?${query}`, options: TcpOptions = {}): Promise<Tcp> {
    const tcp = new Tcp(url, options);
    tcp.socket.write(upgradeRequest(target));
    const status = await tcp.status();
    if (status !== 101) throw new Error(`${target} answered ${status}`);
    return tcp;
  }

  /** Writes the request for an upgrade, or only the beginning of it. */
  handshake(query = '', length?: number): void {
    this.socket.write(upgradeRequest(`/ws?${query}`).slice(0, length));
  }

  write(frame: Frame): void {
    this.socket.write(encode(frame));
  }

  /** Sends a text frame. */
  send(text: string): void {
    this.write({ opcode: 1, payload: text });
  }

  /** The head of the HTTP answer. */
  get answer(): string {
    return this.#answer ?? '';
  }

  /** The body of an HTTP answer, as far as it has come. */
  get body(): string {
    return this.#bytes.toString();
  }

  /** The texts that have come. */
  get texts(): string[] {
    return this.frames.filter(({ opcode }) => opcode === 1).map(({ payload }) => payload.toString());
  }

  /** The status of the HTTP answer, when its head has come. */
  async status(): Promise<number> {
    await this.#until(() => this.#answer !== undefined, 'an answer');
    return Number(/^HTTP\/1\.1 (\d{3})/.exec(this.answer)?.[1]);
  }

  /** The next text that begins so; those before it are passed over. */
  async next(start: string): Promise<string> {
    const isWanted = ({ opcode, payload }: Received) => opcode === 1 && payload.toString().startsWith(start);
    const frame = await this.frame(isWanted, start);
    return frame.payload.toString();
  }

  /** The next frame that is wanted; those before it are passed over. */
  async frame(isWanted: (frame: Received) => boolean, name = isWanted.toString()): Promise<Received> {
    let found: Received | undefined;
    const search = () => {
      while (!found && this.#taken < this.frames.length) {
        const frame = this.frames[this.#taken]!;
        this.#taken += 1;
        if (isWanted(frame)) found = frame;
      }
      return found !== undefined;
    };
    await this.#until(search, name);
    return found!;
  }

  /** The next bytes. */
  data(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.socket.once('data', () => resolve());
      this.socket.once('close', () => reject(new Error('the connection has ended')));
    });
  }

  /** Ends the connection without a word, or with a reset. */
  close(reset = false): void {
    if (reset) this.socket.resetAndDestroy();
    else this.socket.destroy();
  }

  /** Resolves when the test passes, at once or after more bytes. */
  async #until(test: () => boolean, name: string): Promise<void> {
    const done = new Deferred<void>();
    const late = new Error();
    const complain = (why: string) => {
      done.reject(Object.assign(late, { message: `${why}, awaiting ${name}; arrived: ${this.#arrived()}` }));
    };
    const check = () => {
      if (test()) done.resolve();
    };
    const end = () => {
      check(); // what is settled stays so
      complain('the connection has ended');
    };
    const timer = setTimeout(complain, this.#patience, `${this.#patience} ms are over`);
    this.socket.on('data', check).on('close', end);
    if (this.socket.closed) end();
    else check();
    try {
      await done.promise;
    } finally {
      clearTimeout(timer);
      this.socket.off('data', check).off('close', end);
    }
  }

  #arrived(): string {
    const frames = this.frames.slice(-12).map(({ opcode, payload }) => `${opcode} ${payload.toString().slice(0, 200)}`);
    return [this.answer.split('\r\n', 1)[0], ...frames].join('\n  ');
  }

  #receive(chunk: Buffer): void {
    this.#bytes = this.#bytes.length > 0 ? Buffer.concat([this.#bytes, chunk]) : chunk;
    if (this.#answer === undefined) this.#readHead();
    if (this.#answer?.startsWith('HTTP/1.1 101')) this.#readFrames();
  }

  #readHead(): void {
    const end = this.#bytes.indexOf(END_OF_HEAD);
    if (end < 0) return;
    this.#answer = this.#bytes.toString('latin1', 0, end);
    this.#bytes = this.#bytes.subarray(end + END_OF_HEAD.length);
  }

  #readFrames(): void {
    for (let end = frameEnd(this.#bytes); end <= this.#bytes.length; end = frameEnd(this.#bytes)) {
      const { start } = payloadAt(this.#bytes);
      this.frames.push({ opcode: this.#bytes[0]! & 0x0f, payload: this.#bytes.subarray(start, end) });
      this.#bytes = this.#bytes.subarray(end);
    }
  }

  #closeCode(): number | undefined {
    const payload = this.frames.find(({ opcode }) => opcode === 8)?.payload;
    return payload && payload.length >= 2 ? payload.readUInt16BE() : undefined;
  }
}

/** The request for an upgrade of an address. A header that is given replaces the usual one; undefined leaves it out. */
export function upgradeRequest(target: string, headers: Record<string, string | undefined> = {}): string {
  const usual = {
    Host: 'ambos',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
  };
  const given = Object.entries({ ...usual, ...headers }).filter(([, value]) => value !== undefined);
  const lines = [`GET ${target} HTTP/1.1`, ...given.map(([name, value]) => `${name}: ${value}`)];
  return lines.join('\r\n') + END_OF_HEAD;
}

/** The bytes of a client's frame. The mask is zero, which is a mask as good as any. */
export function encode({ opcode, payload = '', fin = true, reserved = 0, masked = true }: Frame): Buffer {
  const body = Buffer.from(payload as string);
  const head = Buffer.from([(fin ? 0x80 : 0) | reserved | opcode, (masked ? 0x80 : 0) | lengthBits(body.length)]);
  return Buffer.concat([head, extendedLength(body.length), Buffer.alloc(masked ? 4 : 0), body]);
}

/** The payload of a close frame. */
export function closing(code: number, reason: Buffer | string = ''): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(code);
  return Buffer.concat([bytes, Buffer.from(reason as string)]);
}

function lengthBits(length: number): number {
  if (length < 126) return length;
  return length < 65536 ? 126 : 127;
}

function extendedLength(length: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(length));
  if (length < 126) return bytes.subarray(8);
  return length < 65536 ? bytes.subarray(6) : bytes;
}

/** Where the first frame ends; beyond everything while its own head is incomplete. */
function frameEnd(bytes: Buffer): number {
  if (bytes.length < 2) return Number.POSITIVE_INFINITY;
  const bits = bytes[1]! & 0x7f;
  if (bytes.length < (bits < 126 ? 2 : bits === 126 ? 4 : 10)) return Number.POSITIVE_INFINITY;
  const { start, length } = payloadAt(bytes);
  return start + length;
}

function payloadAt(bytes: Buffer): { start: number; length: number } {
  const bits = bytes[1]! & 0x7f;
  if (bits === 126) return { start: 4, length: bytes.readUInt16BE(2) };
  if (bits === 127) return { start: 10, length: Number(bytes.readBigUInt64BE(2)) };
  return { start: 2, length: bits };
}
