import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { type Client, DOORS } from '../support/client.ts';
import { newFolder, removeFolders } from '../support/folder.ts';
import { unique } from '../support/messages.ts';
import { Person } from '../support/person.ts';
import { type Coming, come, leaveAll } from '../support/returning.ts';
import { type Running, startServer } from '../support/server.ts';
import { said } from '../support/talk.ts';
import { Writer } from '../support/writer.ts';

const EACH = 250;
const PATIENCE = 30_000;
/** How those of Socket.IO come, one after another. */
const WAYS: Coming[] = [{}, { transports: ['polling'] }, { transports: ['polling', 'websocket'] }];

describe('50 raw clients and 50 of Socket.IO under load, every tenth of which drops and comes back', function () {
  this.timeout(120_000);
  let server: Running;

  before(async () => {
    server = await startServer({ dataDir: newFolder(), rateBurst: 100_000 });
  });
  after(async () => {
    await leaveAll();
    await server.close();
    removeFolders();
  });

  it('hear the same, byte for byte and in the same order', async () => {
    const room = unique('room');
    const people = Array.from({ length: 100 }, (_, i) => {
      const door = DOORS[i % 2]!;
      return new Person(door, room, door === 'ws' ? {} : WAYS[Math.floor(i / 2) % 3]);
    });
    await Promise.all(people.map((person) => person.come(server)));
    const writers = [...DOORS, ...DOORS].map(() => new Writer(room));
    await Promise.all(writers.map((writer, i) => writer.come(DOORS[i % 2]!, server)));
    const host = await come('ws', server, { rooms: [room] });
    const first = await said(host, { type: 'notification', room });
    await Promise.all(people.map(({ client }) => client.next({ id: first }, PATIENCE)));

    let over = false;
    const roaming = people
      .filter((_, i) => i % 20 < 2)
      .map(async (person, i) => {
        while (!over) {
          await hears(person.client, 20 + 7 * i);
          await person.dropAndReturn(server);
        }
        return person.drops;
      });
    await Promise.all(writers.map((writer) => writer.write(EACH)));
    over = true;
    const drops = await Promise.all(roaming);
    const last = await said(host, { type: 'notification', room });
    await Promise.all(people.map(({ client }) => client.next({ id: last }, PATIENCE)));

    const transcripts = people.map(({ lives }) => between(lives.flatMap(ownTexts), first, last));
    expect(transcripts[0]).to.have.length(2 + 4 * EACH);
    expect(new Set(transcripts.map(hash)).size).to.equal(1);
    expect(drops).to.have.length(10);
    expect(Math.min(...drops)).to.be.greaterThan(0);
  });
});

/** Resolves when it has received so many more messages, or nothing more comes. */
async function hears(client: Client, count: number): Promise<void> {
  const enough = client.messages.length + count;
  await client.next(() => client.messages.length >= enough, 500).catch(() => {});
}

/** The JSON of what it received that has its own place. */
function ownTexts({ texts }: Client): string[] {
  return texts.filter((text) => /"id":"\d{14}-\d+"/.test(text));
}

function between(texts: string[], first: string, last: string): string[] {
  const at = (id: string) => texts.findIndex((text) => text.includes(`"id":"${id}"`));
  return texts.slice(at(first), at(last) + 1);
}

function hash(texts: string[]): string {
  return createHash('sha256').update(texts.join('\n')).digest('hex');
}
