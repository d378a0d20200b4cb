import { NOTHING } from './reading.ts';
import { type Header, headerAt } from './stream.ts';

/** As much of the list's end is looked at: what it says beside its rows stands behind them. */
const TAIL = 256;
const LIST = ['{"type":"user_list"', '42["user_list"'];
const HEAD = 32;

/** Reads the beginning of a connection's stream as far as its first list, for what only that says. */
export class Welcome {
  /** What its client comes back by. */
  session: string | undefined;
  recovered = false;
  /** The list has come. */
  done = false;
  #bytes: Buffer = NOTHING;
  /** Where the next frame begins. */
  #at = 0;

  read(chunk: Buffer): void {
    if (this.done) return;
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    for (let frame = this.#next(); frame && !this.done; frame = this.#next()) this.#judge(frame);
    if (this.done) this.#bytes = NOTHING;
  }

  #next(): Header | undefined {
    const header = headerAt(this.#bytes, this.#at);
    return header && header.start + header.length <= this.#bytes.length ? header : undefined;
  }

  #judge({ start, length }: Header): void {
    this.#at = start + length;
    const head = this.#bytes.toString('latin1', start, Math.min(this.#at, start + HEAD));
    if (!LIST.some((list) => head.startsWith(list))) return;
    const tail = this.#bytes.toString('latin1', Math.max(start, this.#at - TAIL), this.#at);
    this.session = /"session":"([^"]*)"/.exec(tail)?.[1];
    this.recovered = tail.includes('"recovered":true');
    this.done = true;
  }
}
