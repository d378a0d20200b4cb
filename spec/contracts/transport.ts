import { expect } from 'chai';
import type { Newcomer, Reception, Request, Transport } from '../../src/hub/ports.ts';
import { Session } from '../../src/hub/session.ts';
import { type Body, type Message, stamp } from '../../src/protocol/message.ts';
import { type Client, closeAll, connect, type Door } from '../support/client.ts';
import { silentInbox } from '../support/sessions.ts';

export interface TransportBench {
  transport: Transport;
  url: string;
  close(): Promise<void>;
}

/** A hub that only writes down what its doors tell it. */
export class StubReception implements Reception {
  readonly sessions: Session[] = [];
  readonly requests: { session: Session; request: Request }[] = [];
  readonly events: string[] = [];
  readonly #waiting: (() => void)[] = [];
  #n = 0;

  connect(transport: Transport, { user, address }: Newcomer): Session {
    const budget = { take: () => 0 };
    const session = new Session({ id: user.id, user, transport, address, budget, inbox: silentInbox() });
    this.sessions.push(session);
    // The first message of every connection, as the test clients await it.
    const body: Body = { type: 'user_list', content: '', from: 'system', data: [{ id: user.id }] };
    queueMicrotask(() => transport.send(this.stamped(session, body), session));
    return session;
  }

  receive(session: Session, request: Request): void {
    this.requests.push({ session, request });
    this.#tell('receive');
  }

  expel(session: Session, why: Parameters<Transport['close']>[1]): void {
    this.#tell(`expel ${why}`);
    session.transport.close(session, why);
  }

  disconnect(session: Session, abnormal?: string): void {
    session.gone = true;
    this.#tell(`disconnect ${session.id}${abnormal ? ` (${abnormal})` : ''}`);
  }

  blocked(session: Session): void {
    session.blocked = true;
    this.#tell(`blocked ${session.id}`);
  }

  drained(session: Session): void {
    session.blocked = false;
    this.#tell(`drained ${session.id}`);
  }

  stamped(_session: Session, body: Body): Message {
    this.#n += 1;
    return stamp(body, `20231107132000-${this.#n}`, 1_699_363_200);
  }

  /** Resolves when an event that begins like this has come. */
  async until(event: string): Promise<string> {
    for (;;) {
      const found = this.events.find((name) => name.startsWith(event));
      if (found) return found;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #tell(event: string): void {
    this.events.push(event);
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

/** What every door promises, whatever it speaks. `sendBuffer` of the bench is 64 KiB. */
export function transportContract(
  name: string,
  door: Door,
  create: (reception: Reception) => Promise<TransportBench>,
): void {
  describe(`${name}, as a transport`, () => {
    let reception: StubReception;
    let bench: TransportBench;

    beforeEach(async () => {
      reception = new StubReception();
      bench = await create(reception);
    });

    afterEach(async () => {
      await closeAll();
      await bench.close();
    });

    const message = (content: string) =>
      reception.stamped(reception.sessions[0]!, { type: 'chat', content, from: 'Ana', data: null });

    const enter = async (userId: string): Promise<{ client: Client; session: Session }> => {
      const client = await connect(door, bench.url, { userId });
      return { client, session: reception.sessions.find(({ id }) => id === userId)! };
    };

    const contents = (client: Client) =>
      client.messages.filter(({ type }) => type === 'chat').map(({ content }) => content);

    it('connects a client with what it says of itself', async () => {
      const { session } = await enter('ana');
      expect(session.user.id).to.equal('ana');
      expect(session.transport).to.equal(bench.transport);
      expect(session.address).to.include('127.0.0.1');
    });

    it('sends to each client in the order of the calls, to one and to many', async () => {
      const [ana, bo] = [await enter('ana'), await enter('bo')];
      const room = new Set([ana.session, bo.session]);
      for (let i = 0; i < 50; i++) {
        bench.transport.send(message(`room ${i}`), room);
        bench.transport.send(message(`ana ${i}`), ana.session);
      }
      await Promise.all([ana.client.next({ content: 'ana 49' }), bo.client.next({ content: 'room 49' })]);
      const rooms = Array.from({ length: 50 }, (_, i) => `room ${i}`);
      expect(contents(bo.client)).to.deep.equal(rooms);
      expect(contents(ana.client)).to.deep.equal(rooms.flatMap((word, i) => [word, `ana ${i}`]));
    });

    it('gives a member added after the call nothing of it, and one removed all up to its removal', async () => {
      const [ana, bo] = [await enter('ana'), await enter('bo')];
      const room = new Set([ana.session]);
      bench.transport.send(message('1'), room);
      room.add(bo.session);
      bench.transport.send(message('2'), room);
      room.delete(ana.session);
      bench.transport.send(message('3'), room);
      for (const { session } of [ana, bo]) bench.transport.send(message('end'), session);
      await Promise.all([ana.client.next({ content: 'end' }), bo.client.next({ content: 'end' })]);
      expect(contents(ana.client)).to.deep.equal(['1', '2', 'end']);
      expect(contents(bo.client)).to.deep.equal(['2', '3', 'end']);
    });

    it('gives everybody the same text', async () => {
      const [ana, bo] = [await enter('ana'), await enter('bo')];
      bench.transport.send(message('ñ "quoted" \u{1F600} \u2028'), new Set([ana.session, bo.session]));
      await Promise.all([ana.client.next('chat'), bo.client.next('chat')]);
      expect(ana.client.texts.at(-1)).to.equal(bo.client.texts.at(-1));
      expect(ana.client.messages.at(-1)?.content).to.equal('ñ "quoted" \u{1F600} \u2028');
    });

    it('hands up requests in order, with their size, undecoded', async () => {
      const { client } = await enter('ana');
      for (const content of ['1', '2', '3']) client.send({ type: 'chat', content });
      while (reception.requests.length < 3) await new Promise<void>((resolve) => setImmediate(resolve));
      const decoded = reception.requests.map(({ request }) => request.decode().content);
      expect(decoded).to.deep.equal(['1', '2', '3']);
      for (const { request } of reception.requests) expect(request.bytes).to.be.within(10, 60);
    });

    it('tells the end of a connection once', async () => {
      const { client } = await enter('ana');
      await client.close();
      await reception.until('disconnect ana');
      expect(reception.events).to.deep.equal(['disconnect ana']);
    });

    it('closes a session, and tells its end', async () => {
      const { client, session } = await enter('ana');
      bench.transport.close(session, 'going_away');
      await client.closed;
      expect(await reception.until('disconnect')).to.equal('disconnect ana');
    });

    it('delivers what was sent before a close', async () => {
      const { client, session } = await enter('ana');
      for (let i = 0; i < 20; i++) bench.transport.send(message(String(i)), session);
      bench.transport.close(session, 'going_away');
      await client.closed;
      expect(contents(client)).to.deep.equal(Array.from({ length: 20 }, (_, i) => String(i)));
    });

    it('does not mind messages and closes for a session that has gone', async () => {
      const { client, session } = await enter('ana');
      await client.close();
      await reception.until('disconnect ana');
      bench.transport.send(message('x'), session);
      bench.transport.send(message('x'), new Set([session]));
      bench.transport.close(session, 'going_away');
      expect((await enter('bo')).session.user.id).to.equal('bo');
    });

    it('reports a full socket, having written the message at hand, and when it has drained', async () => {
      const { client, session } = await enter('ana');
      client.pause();
      const word = 'x'.repeat(10_000);
      let sent = 0;
      while (!session.blocked) {
        bench.transport.send(message(`${sent} ${word}`), session);
        sent += 1;
        // A kernel takes some megabytes before a socket is full.
        if (sent % 100 === 0) await new Promise<void>((resolve) => setImmediate(resolve));
      }
      expect(reception.events).to.deep.equal(['blocked ana']);
      client.resume();
      await reception.until('drained ana');
      bench.transport.send(message('end'), session);
      await client.next({ content: 'end' }, 5000);
      expect(contents(client)).to.have.length(sent + 1);
    });

    it('closes one that takes nothing but goes on being answered', async () => {
      const { client, session } = await enter('ana');
      client.pause();
      const word = 'x'.repeat(60_000);
      while (!reception.events.includes('expel slow_consumer')) {
        bench.transport.send(message(word), session);
        await new Promise<void>((resolve) => setImmediate(resolve));
      }
      await reception.until('disconnect ana');
    });
  });
}
