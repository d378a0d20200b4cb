import { systemClock } from '../../src/hub/clock.ts';
import { SqliteLog } from '../../src/log/sqlite.ts';

// A process that publishes into a log until it is killed. It says `open`, then `<n> <id> <content>` of whatever it was
// told that it is kept.

const [folder = '', name = ''] = process.argv.slice(2);
const log = new SqliteLog({
  folder,
  clock: systemClock,
  logger: { info() {}, warn() {}, error() {} },
  messages: 1_000_000,
  age: 3_600_000,
  bytes: 2 ** 30,
  durability: 'normal',
});
await log.start(() => {});
await say('open');

let count = 0;

function say(line: string): Promise<void> {
  return new Promise((resolve) => process.stdout.write(`${line}\n`, () => resolve()));
}

async function write(): Promise<void> {
  for (;;) {
    count += 1;
    const content = `${name}-${count}`;
    const body = { type: 'chat', content, from: 'Ana', data: null };
    const { n, id } = await log.publish({
      class: 'durable',
      body,
      rooms: [`room${count % 5}`],
      clientMsgId: { user: 'ana', id: content },
    });
    await say(`${n} ${id} ${content}`);
    if (count % 3 === 0)
      void log.publish({ class: 'presence', body: { ...body, type: 'user_joined' }, rooms: ['room1'] });
  }
}

await Promise.all(Array.from({ length: 32 }, write));
