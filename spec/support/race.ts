import { expect } from 'chai';
import { type Client, connect, DOORS } from './client.ts';

const SENDERS = 20;
const PATIENCE = 20_000;

/** Lets many by both doors say so much each at the same time, and expects that all hear it in one order. */
export async function race(url: string, each: number): Promise<void> {
  const coming = Array.from({ length: SENDERS }, (_, i) =>
    connect(DOORS[i % 2]!, url, { username: `s${i}`, rooms: ['race'] }),
  );
  const clients = await Promise.all(coming);
  for (let turn = 0; turn < each; turn++) {
    for (const [i, client] of clients.entries()) client.send({ type: 'chat', content: `${i}:${turn}`, room: 'race' });
  }
  await Promise.all(clients.map((client) => client.collect(isOfRace, SENDERS * each, PATIENCE)));
  const transcripts = clients.map((client) => chats(client).map(({ id, content }) => `${id} ${content}`));
  for (const transcript of transcripts) expect(transcript).to.deep.equal(transcripts[0]);
  expectEachInOrder(
    chats(clients[0]!).map(({ content }) => content),
    each,
  );
  expectAscending(chats(clients[0]!).map(({ id }) => Number(id.split('-')[1])));
}

export function expectAscending(numbers: number[]): void {
  for (const [i, n] of numbers.entries()) if (i > 0) expect(n).to.be.greaterThan(numbers[i - 1]!);
}

function isOfRace({ type, room }: { type: string; room?: string }): boolean {
  return type === 'chat' && room === 'race';
}

function chats(client: Client) {
  return client.messages.filter(isOfRace);
}

function expectEachInOrder(contents: string[], each: number): void {
  for (let sender = 0; sender < SENDERS; sender++) {
    const own = contents.filter((content) => content.startsWith(`${sender}:`));
    expect(own.map((content) => Number(content.split(':')[1]))).to.deep.equal(
      Array.from({ length: each }, (_, i) => i),
    );
  }
}
