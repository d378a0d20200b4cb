import { expect } from 'chai';
import fc from 'fast-check';
import { createServer, type Server } from '../../src/index.ts';
import { accepted } from '../conformance/answers.ts';
import { type Client, closeAll, connect, DOORS } from '../support/client.ts';
import { Engine } from '../support/engine.ts';
import { json, request } from '../support/http.ts';
import { dataKey, type Message, unique } from '../support/messages.ts';
import { Polling } from '../support/polling.ts';

// Random frames, many per connection. What each must be answered with is told by `Judge`, which is written from
// PROTOCOL.md alone. FUZZ_SEED=… repeats a failure (the seed is in its message) or walks elsewhere.

const SEED = Number(process.env['FUZZ_SEED'] ?? 20_231_107);
/** Frames of a connection, and connections. */
const FRAMES = 100;
const RUNS = 100;
const SIZE = { minLength: FRAMES, maxLength: FRAMES };
/** The time ends shrinking, too: the seed must be told before mocha loses patience. */
const PLAY = { seed: SEED, interruptAfterTimeLimit: 60_000, markInterruptAsFailure: true };
/** The machine may be busy with other suites. */
const PATIENCE = 10_000;
const MAX_BYTES = 65_536;
const MAX_DEPTH = 16;

const SETTINGS = {
  port: 0,
  host: '127.0.0.1',
  types: 'move:ephemeral,score:state,task:durable',
  // None of these is to be met: refusals of the rate and slow readers have specs of their own.
  rateLimit: 1_000_000,
  rateBurst: 1_000_000,
  sendBuffer: '256MiB',
  logBytes: '8MiB',
  closeTimeout: 100,
};

/** Everything that reaches the receivers of a chat. */
const POSTS = ['chat', 'notification', 'move', 'score', 'task'];
const REQUESTS = [...POSTS, 'heartbeat', 'user_list', 'join', 'leave', 'auth'];
const SERVER_TYPES = ['system', 'user_joined', 'user_left', 'ack', 'error'];
/** PROTOCOL.md 4.3, without what no frame may bring about here: nobody joins as many rooms, and nothing fails. */
const CODES = new Set(
  'invalid_json invalid_message invalid_room unknown_type forbidden_type too_large forbidden not_in_room user_not_found'.split(
    ' ',
  ),
);
/** Of the server's inside: stacks, paths, errors of libraries. */
const INTERNAL =
  /\n|\bat \S+[( ]|node_modules|node:|file:|[\\/](?:src|dist|work)\b|\.[cm]?[jt]s\b|Error\b|\[object|undefined/;
const SIX = ['type', 'content', 'from', 'timestamp', 'id', 'data'];
const FURTHER = ['room', 'to', 'fromId', 'total'];

// --- what is sent ---

const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
const long = (length: number) => JSON.stringify('x'.repeat(length));

const ODD = [
  '1e400',
  '-0',
  '123456789012345678901234567890',
  '""',
  '{}',
  '[]',
  'null',
  'false',
  '"\\ud800"',
  '"a\\udfff"',
  '{"\\ud800":1}',
  '{"__proto__":{"x":1}}',
  '[[{"a":{"__proto__":null}}]]',
  '{"constructor":{"prototype":{"x":1}}}',
  '{"toString":1,"hasOwnProperty":null,"toJSON":"x"}',
  '{"_placeholder":true,"num":0}',
  '"\\u0000\\u2028\\u202e\\ufeff"',
  '{"1":1,"0":0,"a":1,"a":2}',
  deep(14),
  deep(15),
  deep(16),
  deep(500),
];
const HUGE = [long(60_000), long(65_400), long(70_000), `{"a":${long(66_000)}}`, `[${'0,'.repeat(40_000)}0]`];

/** The text of any JSON value; parts of a message are texts too, so that keys may repeat and be `__proto__`. */
const anything = fc.oneof(
  { weight: 10, arbitrary: fc.json({ maxDepth: 4 }) },
  { weight: 10, arbitrary: fc.constantFrom(...ODD) },
  { weight: 1, arbitrary: fc.nat(5).map((n) => HUGE[n] ?? 'null') },
);
const text = fc.string({ unit: 'binary', maxLength: 20 }).map((value) => JSON.stringify(value));
const words = (...values: string[]) => fc.constantFrom(...values).map((value) => JSON.stringify(value));

/** Mostly right. */
const mostly = (right: fc.Arbitrary<string>, weight = 30) =>
  fc.oneof({ weight, arbitrary: right }, { weight: 1, arbitrary: anything });

const type = fc.oneof(
  { weight: 30, arbitrary: words(...REQUESTS) },
  { weight: 3, arbitrary: words(...SERVER_TYPES) },
  { weight: 2, arbitrary: words('Chat', 'CHAT ', '', '__proto__', 'constructor', 'toString', 'message', 'error ') },
  { weight: 2, arbitrary: anything },
);
const rooms = mostly(words('general', 'a', 'b', 'sala-1', 'A/b@c.d:e_f', 'no room', '', '~ana', 'x'.repeat(129)));
const content = mostly(text);
/** `@me` is the sender itself. */
const to = mostly(words('@me', '@me', 'ana', 'nobody', '', 'general'));
const clientMsgId = mostly(
  fc.noShrink(fc.uuid()).map((id) => JSON.stringify(id)),
  20,
);

type Pair = [key: string, json: string];

/** A value in so many of ten. */
const sometimes = <T>(tenths: number, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 10 - tenths, arbitrary: fc.constant(undefined) }, { weight: tenths, arbitrary });

const key = (name: string, json: fc.Arbitrary<string>) => json.map((value): Pair => [name, value]);

/** The keys of a message but its type, near to what is valid. */
const body = fc
  .tuple(
    sometimes(7, key('content', content)),
    sometimes(4, key('room', rooms)),
    // Rare: together with a room it is refused.
    sometimes(1, key('to', to)),
    sometimes(4, key('data', anything)),
    sometimes(4, key('clientMsgId', clientMsgId)),
    sometimes(3, key('token', mostly(words('token', 'ana', '')))),
    sometimes(1, key('key', mostly(words('a', 'b')))),
    sometimes(1, fc.tuple(fc.constantFrom('timestamp', 'from', 'id', 'fromId', 'total', '__proto__', 'x'), anything)),
  )
  .map((pairs) => pairs.filter((pair) => pair !== undefined));

const toJson = (pairs: Pair[]) => `{${pairs.map(([key, json]) => `${JSON.stringify(key)}:${json}`).join()}}`;

const frame = fc.oneof(
  { weight: 20, arbitrary: fc.tuple(type, body).map(([json, pairs]) => toJson([['type', json], ...pairs])) },
  { weight: 1, arbitrary: body.map(toJson) },
  { weight: 2, arbitrary: anything },
  { weight: 2, arbitrary: fc.string({ unit: 'binary' }) },
);

interface End {
  what: string;
  payload: string | Buffer;
  binary: boolean;
  code: number;
}

/** The last frame of a connection: what is answered by a close (PROTOCOL.md 7). */
const end: fc.Arbitrary<End | undefined> = sometimes(
  5,
  fc.oneof(
    fc.uint8Array().map((bytes) => ({ what: 'binary', payload: Buffer.from(bytes), binary: true, code: 1003 })),
    fc.uint8Array().map((bytes) => {
      return { what: 'no UTF-8', payload: Buffer.from([0x22, 0xc0, ...bytes]), binary: false, code: 1007 };
    }),
    fc.constant({ what: 'too big', payload: 'x'.repeat(1024 ** 2 + 1), binary: false, code: 1009 }),
  ),
);

/** One event of Socket.IO. */
interface Event {
  /** JSON texts. */
  name: string;
  args: string[];
  callback: boolean;
  /** One more argument, as binary. */
  binary: boolean;
}

const event: fc.Arbitrary<Event> = fc.record({
  name: fc.oneof(
    { weight: 30, arbitrary: words(...REQUESTS) },
    { weight: 4, arbitrary: words('message', ...SERVER_TYPES) },
    { weight: 3, arbitrary: words('Chat', '', '__proto__', 'constructor', 'toString', 'hasOwnProperty', 'open') },
    { weight: 1, arbitrary: text },
    { weight: 1, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)) },
  ),
  args: fc.oneof(
    { weight: 20, arbitrary: body.map((pairs) => [toJson(pairs)]) },
    { weight: 3, arbitrary: fc.tuple(type, body).map(([json, pairs]) => [toJson([['type', json], ...pairs])]) },
    { weight: 3, arbitrary: text.map((json) => [json]) },
    { weight: 3, arbitrary: fc.array(anything, { maxLength: 3 }) },
  ),
  callback: fc.boolean(),
  binary: fc.integer({ min: 0, max: 19 }).map((n) => n === 0),
});

/** Texts and bytes in the place of a packet: from near-valid ones to noise. */
const packet: fc.Arbitrary<string | Buffer> = fc.oneof(
  fc
    .tuple(
      fc.constantFrom(
        '0',
        '1',
        '2',
        '3',
        '4',
        '40',
        '41',
        '42',
        '43',
        '44',
        '45',
        '46',
        '47',
        '5',
        '6',
        '9',
        '40/x,',
        '42/x,',
        '42/',
      ),
      fc.constantFrom('', '', '7', '-1', '1-', '2-', '10000000-', '1e9-', '99999999999999999999', '0x1', ' '),
      fc.oneof(
        fc.array(anything, { maxLength: 3 }).map((items) => `[${items}]`),
        fc.tuple(words('chat', 'disconnect', 'connect', 'newListener', 'error', 'join'), anything).map((a) => `[${a}]`),
        anything,
        fc.string(),
      ),
    )
    .map((parts) => parts.join('')),
  fc.string({ unit: 'binary' }),
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
);

// --- what must come of it ---

/** What a frame has to bring about. */
interface Verdict {
  refused: boolean;
  /** The type of what its sender receives, if anything. */
  answer?: string;
  /** An `ack` comes on top. */
  ack?: boolean;
  /** What is handed out, and to whom but the sender. */
  post?: { text: string; to: 'all' | 'ana' | 'nobody' };
}

type Fields = Record<string, unknown>;

const REFUSED: Verdict = { refused: true, answer: 'error' };

/** Knows PROTOCOL.md, sections 3 to 6, and the rooms of one connection. */
class Judge {
  readonly #me: string;
  readonly #rooms = new Set<string>();
  /** Of what was published with a clientMsgId. */
  readonly #known = new Set<unknown>();

  constructor(me: string) {
    this.#me = me;
  }

  frame(json: string): Verdict {
    if (Buffer.byteLength(json) > MAX_BYTES) return REFUSED;
    return this.#message(parse(json));
  }

  /** The packet is without Engine.IO's own character. */
  event({ name, args, callback, binary }: Event, packet: string): Verdict {
    const tooMuch = binary || args.length > 1 || Buffer.byteLength(packet) > MAX_BYTES;
    const verdict = tooMuch ? REFUSED : this.#message(toMessage(parse(name), parse(args[0] ?? 'null') ?? {}));
    if (!callback) return verdict;
    const { answer: _answer, ack: _ack, ...rest } = verdict;
    return verdict.refused ? rest : { ...verdict, ack: false };
  }

  #message(value: unknown): Verdict {
    if (!isObject(value) || !isSound(value, MAX_DEPTH) || !hasShape(value)) return REFUSED;
    const verdict = this.#request(value['type'] as string, value);
    return verdict.refused ? verdict : { ...verdict, ack: value['clientMsgId'] != null };
  }

  #request(type: string, value: Fields): Verdict {
    const { to } = value;
    const room = value['room'] === 'general' ? undefined : ((value['room'] ?? undefined) as string | undefined);
    const fine = (answer?: string): Verdict => ({ refused: false, ...(answer && { answer }) });
    if (!REQUESTS.includes(type) || (to != null && value['room'] != null)) return REFUSED;
    if (room !== undefined && !/^[\w\-.:/@]{1,128}$/.test(room)) return REFUSED;
    const isMember = room === undefined || this.#rooms.has(room);
    if (POSTS.includes(type)) return isMember ? this.#post(type, value, room) : REFUSED;
    if (type === 'heartbeat') return fine('heartbeat');
    if (type === 'auth') return typeof value['token'] === 'string' && value['token'] !== '' ? fine() : REFUSED;
    if (type === 'user_list') return isMember ? fine('user_list') : REFUSED;
    if (type === 'leave') return room !== undefined && this.#rooms.delete(room) ? fine('user_left') : REFUSED;
    if (room !== undefined) this.#rooms.add(room);
    return fine('user_list');
  }

  #post(type: string, value: Fields, room: string | undefined): Verdict {
    const { to, clientMsgId } = value;
    const content = value['content'] ?? '';
    const data = value['data'] ?? null;
    if (['chat', 'notification'].includes(type) && value['content'] == null && value['data'] == null) return REFUSED;
    if (to != null && (type === 'score' || ![this.#me, 'ana', 'bo'].includes(to as string))) return REFUSED;
    if (clientMsgId != null && this.#known.has(clientMsgId)) return { refused: false };
    if (clientMsgId != null) this.#known.add(clientMsgId);
    const text = JSON.stringify([type, content, 'Fuzz', data, room, to ?? undefined]);
    const receivers = to === 'ana' ? 'ana' : to == null && room === undefined ? 'all' : 'nobody';
    return { refused: false, answer: type, post: { text, to: receivers } };
  }
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return undefined;
  }
}

function toMessage(name: unknown, argument: unknown): unknown {
  if (name === 'message') return typeof argument === 'string' ? { type: 'chat', content: argument } : argument;
  if (typeof argument === 'string') return { type: name, content: argument };
  return isObject(argument) ? { ...argument, type: name } : argument;
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Neither too deep, nor with `__proto__` or a lone surrogate anywhere. */
function isSound(value: unknown, levels: number): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value !== 'object' || value === null) return true;
  if (levels === 0) return false;
  return Object.entries(value).every(
    ([key, item]) => key !== '__proto__' && key.isWellFormed() && isSound(item, levels - 1),
  );
}

function hasShape(value: Fields): boolean {
  const texts = ['content', 'room', 'to', 'key', 'clientMsgId'].map((key) => value[key]);
  const id = value['clientMsgId'];
  if (typeof value['type'] !== 'string' || !texts.every((item) => item == null || typeof item === 'string'))
    return false;
  return id == null || /^[\x20-\x7E]{1,64}$/.test(id as string);
}

// --- what has come of it ---

/** That it is a message of the server as PROTOCOL.md 1 describes it. */
function expectMessage(message: Message, json: string): void {
  const keys = Object.keys(message);
  const further = FURTHER.filter((key) => key in message);
  expect(keys, json).to.deep.equal([...SIX, ...further]);
  expect(JSON.stringify(message)).to.equal(json);
  expect([...REQUESTS, ...SERVER_TYPES], json).to.include(message.type);
  expect(message.id, json).to.match(/^\d{14}-\d+(\.\d+)?$/);
  expect(message.timestamp, json).to.satisfy(Number.isInteger);
  for (const key of ['content', 'from', 'room', 'to', 'fromId'] as const) {
    if (key in message) expect(message[key], json).to.be.a('string');
  }
  expect(message.from === 'system', json).to.equal(!POSTS.includes(message.type));
  if (message.type === 'error') expectError(message.data as Fields, message.content);
}

/** That it is one of the table, in plain words. */
function expectError(error: Fields, words: unknown): void {
  expect(CODES, JSON.stringify(error)).to.include(error['code']);
  expect(error['retryable']).to.equal(false);
  expect(words).to.be.a('string').and.not.match(INTERNAL).and.not.equal('');
}

/** That each callback was called once, with a receipt or a refusal as the verdict says. */
function expectCallbacks(packets: readonly string[], verdicts: readonly Verdict[], events: readonly Event[]): void {
  const called = packets.filter((packet) => packet.startsWith('43'));
  const due = [...events.keys()].filter((index) => events[index]!.callback);
  const answers = new Map(called.map((packet) => [Number.parseInt(packet.slice(2), 10), packet]));
  expect([...answers.keys()].sort((a, b) => a - b)).to.deep.equal(due);
  expect(called).to.have.length(due.length);
  for (const [index, packet] of answers) {
    const [answer, ...more] = JSON.parse(packet.slice(packet.indexOf('['))) as Fields[];
    expect(more).to.deep.equal([]);
    expect(answer!['ok'], `${packet} to ${JSON.stringify(events[index])}`).to.equal(!verdicts[index]!.refused);
    const error = answer!['error'] as Fields | undefined;
    if (error) expectError(error, error['message']);
  }
}

/** That a sender has got what the verdicts say and nothing else, in whatever order. */
function expectAnswers(me: string, messages: readonly Message[], verdicts: readonly Verdict[]): void {
  const mine = messages.filter(
    (message) => !isForNewcomers(message) && !isPresenceOfOthers(message, me) && !isBarrier(message),
  );
  const due = verdicts.flatMap(({ answer, ack }) => [...(answer ? [answer] : []), ...(ack ? ['ack'] : [])]);
  expect(tally(mine.map(({ type }) => type))).to.deep.equal(tally(due));
  const echoes = mine.filter(({ type }) => POSTS.includes(type)).map(toText);
  expect(echoes).to.deep.equal(verdicts.flatMap(({ post }) => post?.text ?? []));
}

function tally(types: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of types.toSorted()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

/** What a post says, as the judge writes it. */
function toText({ type, content, from, data, room, to }: Message): string {
  return JSON.stringify([type, content, from, data, room, to]);
}

/** A state that is given to who joins. */
function isForNewcomers({ type, id }: Message): boolean {
  return type === 'score' && id.includes('.');
}

/** What nobody but the spec asks for. */
function isBarrier({ type, content }: Message): boolean {
  return type === 'heartbeat' && content.startsWith('barrier');
}

function isPresenceOfOthers(message: Message, me: string): boolean {
  return ['user_joined', 'user_left'].includes(message.type) && dataKey(message, 'userId') !== me;
}

function saying(words: string): (message: Message) => boolean {
  return ({ content }) => content === words;
}

describe('random frames', function () {
  this.timeout(100_000);
  const failures: unknown[] = [];
  let server: Server;
  let ana: Client;
  let bo: Client;

  before(async () => {
    const ignore = () => {};
    const logger = { info: ignore, warn: ignore, error: (...line: unknown[]) => failures.push(line) };
    server = createServer({ ...SETTINGS, logger });
    await server.start();
    ana = await connect('ws', server.url, { username: 'Ana', userId: 'ana' });
    bo = await connect('socketio', server.url, { username: 'Bo', userId: 'bo' });
  });

  after(async () => {
    await closeAll();
    await server.close();
  });

  /** Newcomers are served and heard, and nothing failed inside. */
  afterEach(async () => {
    for (const door of DOORS) {
      const newcomer = await connect(door, server.url, { username: 'Carla' });
      const words = unique('served');
      await accepted(newcomer, { type: 'chat', content: words });
      for (const client of [ana, bo, newcomer]) await client.next(saying(words));
      await newcomer.close();
    }
    expect(failures).to.deep.equal([]);
  });

  it(`ws: ${RUNS * FRAMES} of them are answered by the table, and bystanders hear only what is valid`, async () => {
    await hold(fc.array(frame, SIZE), end, async (frames, end) => {
      const me = unique('fuzz');
      const judge = new Judge(me);
      const client = await connect('ws', server.url, { username: 'Fuzz', userId: me });
      const last = JSON.stringify({ type: 'chat', content: unique('last'), clientMsgId: 'last' });
      const texts = [...frames.map((json) => json.replaceAll('"@me"', JSON.stringify(me))), last];
      for (const json of texts) client.write(json);
      await client.next((message) => message.type === 'ack' && dataKey(message, 'clientMsgId') === 'last', PATIENCE);
      // The acks of joins before it may come behind it.
      await client.barrier(PATIENCE);
      const verdicts = texts.map((json) => judge.frame(json));
      for (const [index, message] of client.messages.entries()) expectMessage(message, client.texts[index]!);
      expectAnswers(me, client.messages.slice(1), verdicts);
      if (end) {
        client.ws.send(end.payload, { binary: end.binary });
        expect((await client.closed).code, end.what).to.equal(end.code);
      }
      await client.close();
      return verdicts;
    });
  });

  it(`socketio: ${RUNS * FRAMES} events are answered by the table, and bystanders hear only what is valid`, async () => {
    await hold(fc.array(event, SIZE), fc.constant(null), async (given) => {
      const me = unique('fuzz');
      const judge = new Judge(me);
      const engine = await Engine.connect(server.url, `username=Fuzz&userId=${me}`);
      const words = unique('last');
      const last = { name: '"chat"', args: [JSON.stringify({ content: words })], callback: true, binary: false };
      const mine = (json: string) => json.replaceAll('"@me"', JSON.stringify(me));
      const events = [...given, last].map((event) => ({ ...event, args: event.args.map(mine) }));
      const packets = events.map(toPacket);
      for (const [index, packet] of packets.entries()) {
        engine.send(`4${packet}`);
        if (events[index]!.binary) engine.send(Buffer.from('binary'));
      }
      await engine.next(`42["chat",{"type":"chat","content":"${words}"`);
      engine.send('4299999["heartbeat","barrier"]');
      await engine.next('4399999[');
      const verdicts = events.map((event, index) => judge.event(event, packets[index]!));
      const received = messagesOf(engine.packets).slice(1);
      expectAnswers(me, received, verdicts);
      const callbacks = engine.packets.filter((packet) => !packet.startsWith('4399999['));
      expectCallbacks(callbacks, verdicts, events);
      await engine.close();
      return verdicts;
    });
  });

  it('socketio: random packets end their own connection or are answered', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(packet, { minLength: 1, maxLength: 4 }), async (packets) => {
        await bystand(async () => {
          const engine = await Engine.connect(server.url, `username=Hostile&userId=${unique('hostile')}`);
          for (const packet of packets) engine.send(packet);
          engine.send('4299999["heartbeat"]');
          await Promise.race([engine.closed, engine.next('4399999[').catch(() => engine.closed)]);
          expectPackets(engine.packets);
          await engine.close();
          return [];
        });
      }),
      { ...PLAY, numRuns: 500 },
    );
  });

  it('socketio: random bodies by polling end their own session or are answered', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(packet, { minLength: 1, maxLength: 4 }), async (packets) => {
        await bystand(async () => {
          const polling = await Polling.connect(server.url, `username=Hostile&userId=${unique('hostile')}`);
          const body = packets
            .map((one) => (typeof one === 'string' ? one : `b${one.toString('base64')}`))
            .join('\x1e');
          for (const posted of [body, '1']) {
            const answer = await polling.post(posted).catch(aborted);
            if (!answer) break;
            expect([200, 400, 413]).to.include(answer.status);
            expect(answer.body).not.to.match(INTERNAL);
          }
          return [];
        });
      }),
      { ...PLAY, numRuns: 150 },
    );
  });

  it('these have met every type of request and every code that frames can bring about', async () => {
    const { received, errors } = json(await request(`${server.url}/ws/stats`)) as Record<string, Fields>;
    for (const door of DOORS) expect(received![door], door).to.include.all.keys(REQUESTS);
    expect(errors).to.have.all.keys([...CODES]);
  });

  /** That a property of a batch holds, for it and for the bystanders. */
  async function hold<Frame, Last>(
    frames: fc.Arbitrary<Frame[]>,
    last: fc.Arbitrary<Last>,
    play: (frames: Frame[], last: Last) => Promise<Verdict[]>,
  ): Promise<void> {
    const property = fc.asyncProperty(frames, last, (batch, end) => bystand(() => play(batch, end)));
    await fc.assert(property, { ...PLAY, numRuns: RUNS });
  }

  /** Holds what the bystanders hear during a run against what they are to hear. */
  async function bystand(play: () => Promise<Verdict[]>): Promise<void> {
    const begins = [ana, bo].map((client) => client.messages.length);
    // Also where it fails: what it has sent is not to be taken for the next run's.
    const verdicts = await play().finally(settle);
    const posts = verdicts.flatMap(({ post }) => post ?? []);
    for (const [index, client] of [ana, bo].entries()) {
      const heard = client.messages.slice(begins[index]);
      for (const [at, message] of heard.entries()) expectMessage(message, client.texts[begins[index]! + at]!);
      const due = posts.filter(({ to: whom }) => whom === 'all' || (whom === 'ana' && client === ana));
      const fuzz = heard.filter(({ from }) => from === 'Fuzz').map(toText);
      expect(fuzz, client.door).to.deep.equal(due.map(({ text: said }) => said));
    }
  }

  /** Resolves when the bystanders have received all that was sent until now. */
  async function settle(): Promise<void> {
    const words = unique('bystander');
    bo.send({ type: 'chat', content: words });
    await Promise.all([ana, bo].map((client) => client.next(saying(words), PATIENCE)));
  }
});

/** The packet of an event that is the batch's n-th. */
function toPacket({ name, args, callback, binary }: Event, index: number): string {
  const head = `${binary ? '51-' : '2'}${callback ? index : ''}`;
  return `${head}[${[name, ...args, ...(binary ? ['{"_placeholder":true,"num":0}'] : [])]}]`;
}

/** The messages among what came, each looked at. */
function messagesOf(packets: readonly string[]): Message[] {
  return packets
    .filter((packet) => packet.startsWith('42'))
    .map((packet) => {
      const [name, message] = JSON.parse(packet.slice(2)) as [string, Message];
      expectMessage(message, packet.slice(packet.indexOf(',') + 1, -1));
      expect(name).to.equal(message.type);
      return message;
    });
}

/** That all that came is of the protocol, and nothing of the server's inside. */
function expectPackets(packets: readonly string[]): void {
  messagesOf(packets);
  const rest = packets.filter((packet) => !packet.startsWith('42'));
  for (const packet of rest)
    expect(packet)
      .to.match(/^(0\{|2|3|6|4[0134])/)
      .and.not.match(INTERNAL);
}

/** Engine.IO resets the request that ends its session. */
function aborted(error: NodeJS.ErrnoException): undefined {
  expect(error.code).to.equal('ECONNRESET');
}
