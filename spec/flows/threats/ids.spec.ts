import { expect } from 'chai';
import { accepted } from '../../conformance/answers.ts';
import { type Client, DOORS } from '../../support/client.ts';
import { nOf, unique } from '../../support/messages.ts';
import { survives, survivesByDoor } from './scene.ts';

const NUMBERED = ['chat', 'notification', 'user_joined', 'user_left'];

describe('threats to ids', () => {
  survives(
    'threat 32: no two messages share an id, whoever sends them, by whichever door and to whom',
    {},
    async (scene) => {
      const crowd = await Promise.all(
        [...DOORS, ...DOORS].map((door, index) => scene.client(door, { userId: `u${index}`, rooms: ['sala-1'] })),
      );
      const contents = Array.from({ length: 40 }, () => unique('all'));
      const requests = contents.flatMap((content, index) => {
        const sender = crowd[index % crowd.length]!;
        return [
          accepted(sender, { type: 'chat', content: scene.expects(content) }),
          accepted(sender, { type: 'notification', content: `${content} room`, room: 'sala-1' }),
          accepted(sender, { type: 'chat', content: `${content} direct`, to: `u${(index + 1) % crowd.length}` }),
          accepted(sender, { type: 'heartbeat' }),
        ];
      });
      const receipts = (await Promise.all(requests)).map(({ id }) => id);
      for (const client of crowd) await client.barrier();
      const published = receipts.filter((id) => !id.includes('.'));
      expect(published).to.have.lengthOf(120);
      expect(new Set(published)).to.have.lengthOf(120);
      for (const client of [...crowd, scene.ana, scene.bo]) expectUnique(client);
    },
  );

  survivesByDoor(
    (door) => `threat 32: ${door}: a repeated clientMsgId is no second message, and nobody else's`,
    {},
    async (scene, door) => {
      const mallory = await scene.client(door, { userId: 'mallory' });
      const content = scene.expects(unique('once'));
      const first = await accepted(mallory, { type: 'chat', content, clientMsgId: 'm-1' });
      for (let count = 0; count < 5; count += 1) {
        const again = await accepted(mallory, { type: 'chat', content: 'again', clientMsgId: 'm-1' });
        expect(again).to.include({ id: first.id, duplicate: true });
      }
      const own = scene.expects(unique('own'));
      const other = await accepted(scene.ana, { type: 'chat', content: own, clientMsgId: 'm-1' });
      expect(other).not.to.have.property('duplicate');
      expect(nOf(other.id) > nOf(first.id)).to.equal(true);
    },
  );

  survivesByDoor(
    (door) => `threat 32: ${door}: an id that a client chooses names nothing`,
    {},
    async (scene, door) => {
      const mallory = await scene.client(door, { username: 'Mallory' });
      const known = scene.ana.messages.findLast(({ type }) => type === 'chat')!.id;
      const content = scene.expects(unique('copy'));
      mallory.send({ type: 'chat', content, id: known });
      const { id } = await scene.heard(content);
      expect(nOf(id) > nOf(known)).to.equal(true);
    },
  );
});

/** All that this client has received: each id once, and printable. */
function expectUnique({ messages, door }: Client): void {
  const ids = messages.map(({ id }) => id);
  expect(
    ids.filter((id) => !/^\d{14}-\d+(\.\d+)?$/.test(id)),
    door,
  ).to.deep.equal([]);
  const numbered = messages.filter(({ type }) => NUMBERED.includes(type)).map(({ id }) => id);
  expect(new Set(numbered), door).to.have.lengthOf(numbered.length);
}
