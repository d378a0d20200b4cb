import { expect } from 'chai';
import { connect } from '../support/client.ts';
import { type Message, type Outgoing, positionOf, unique } from '../support/messages.ts';
import { accepted } from './answers.ts';
import { blocks, blocksOf, protocol } from './document.ts';
import { byDoor, conformance, OWN_TYPES, remote, target } from './target.ts';
import { faultsIn } from './traffic.ts';

conformance('the document itself', () => {
  it('has JSON blocks, and the line above each says which of the three kinds it is', () => {
    expect(blocks.length).to.equal(protocol.split('```json').length - 1);
    for (const { kinds, caption } of blocks) expect(kinds, caption).to.have.lengthOf(1);
  });

  for (const { text, caption } of blocks) {
    it(`parses: ${caption}`, () => {
      expect(JSON.parse(text)).to.be.an('object');
    });
  }

  for (const { text, caption } of blocksOf('server message')) {
    it(`1.1 to 1.3 are kept by: ${caption}`, () => {
      expect(faultsIn(JSON.parse(text) as Message)).to.deep.equal([]);
    });
  }

  it('1.2 the further keys come in the order of the table', () => {
    const table = protocol.split('### 1.2')[1]!.split('### 1.3')[0]!;
    expect([...table.matchAll(/^\| `(\w+)` \|/gm)].map((row) => row[1])).to.deep.equal([
      'room',
      'to',
      'fromId',
      'total',
      'session',
      'recovered',
      'reason',
      'replayed',
    ]);
  });

  it('4.1 the id in a shown receipt and its timestamp tell the same second', () => {
    const acks = blocksOf('server message').map(({ text }) => JSON.parse(text) as Message);
    for (const { type, data } of acks) {
      if (type !== 'ack') continue;
      const { id, timestamp } = data as { id: string; timestamp: number };
      const date = new Date(timestamp * 1000).toISOString().replace(/\D/g, '');
      expect(positionOf(id).date).to.equal(date.slice(0, 14));
    }
  });

  byDoor((door) => {
    it(`3 every client message shown is accepted, in the order of the document (${door})`, async () => {
      const room = unique('sala');
      const userId = unique('user');
      await connect(door, target(), { userId });
      const ana = await connect(door, target(), { rooms: [room] });
      for (const { text, caption } of blocksOf('client message')) {
        const { clientMsgId: _, ...message } = JSON.parse(
          text.replaceAll('sala-1', room).replaceAll('user_456', userId),
        ) as Outgoing;
        if (remote && OWN_TYPES.some((type) => type.startsWith(`${message.type}:`))) continue;
        await accepted(ana, { ...message, type: message.type }).catch((error: Error) => {
          throw new Error(`${caption}: ${error.message}`);
        });
      }
    });
  });
});
