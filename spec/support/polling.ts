import { type Answer, request } from './http.ts';

/** Engine.IO 4 by HTTP long-polling, spoken by hand: for a client that polls when the case says so. */
export class Polling {
  readonly #address: string;
  #sid = '';

  constructor(url: string, query = '') {
    this.#address = `${url}/socket.io/?EIO=4&transport=polling&${query}`;
  }

  /** Opens a session and connects to the default namespace; what came with the answer is not read yet. */
  static async connect(url: string, query = ''): Promise<Polling> {
    const polling = new Polling(url, query);
    const opening = await polling.get();
    polling.#sid = (JSON.parse(opening.body.slice(1)) as { sid: string }).sid;
    await polling.post('40');
    return polling;
  }

  get(): Promise<Answer> {
    return request(this.#url);
  }

  post(body: string): Promise<Answer> {
    return request(this.#url, { method: 'POST', body, headers: { 'content-type': 'text/plain;charset=UTF-8' } });
  }

  /** The packets of one poll; pings are answered. */
  async poll(): Promise<string[]> {
    const { status, body } = await this.get();
    if (status !== 200) throw new Error(`the poll was answered with ${status} ${body}`);
    const packets = body.split('\x1e');
    if (packets.includes('2')) await this.post('3');
    return packets.filter((packet) => packet !== '2');
  }

  get #url(): string {
    return this.#sid ? `${this.#address}&sid=${this.#sid}` : this.#address;
  }
}
