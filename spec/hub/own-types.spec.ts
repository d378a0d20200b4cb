import { expect } from 'chai';
import { z } from 'zod';
import { defineType } from '../../src/protocol/own-type.ts';
import { HubBench, settled } from '../support/hub-bench.ts';

const move = defineType('move', { class: 'ephemeral', schema: z.object({ x: z.number(), y: z.number().default(0) }) });
const task = defineType('task', { class: 'durable' });
const score = defineType('score', {
  class: 'state',
  schema: z.object({ player: z.string(), points: z.number() }),
  key: ({ player }) => player,
});
const types = [move, task, score];

describe('own types', () => {
  it('are refused where nobody has defined them', async () => {
    const bench = await HubBench.start();
    const ana = await bench.join('ana');
    await bench.send(ana, { type: 'move', data: { x: 1 } });
    expect(bench.heard(ana).at(-1)).to.equal('error:unknown_type');
  });

  it('reach the room as their schema gives them', async () => {
    const bench = await HubBench.start({ types });
    const ana = await bench.join('ana');
    const bo = await bench.join('bo', { transport: bench.b });
    await bench.send(ana, { type: 'move', data: { x: 1, other: 2 } });
    for (const session of [ana, bo]) {
      expect(bench.received(session).at(-1)).to.deep.include({
        type: 'move',
        content: '',
        from: 'ana',
        data: { x: 1, y: 0 },
      });
    }
  });

  it('are refused where their data does not pass, saying where and nothing of how', async () => {
    const bench = await HubBench.start({ types });
    const ana = await bench.join('ana');
    await bench.send(ana, { type: 'score', data: { player: 'a', points: 'many' } });
    expect(bench.received(ana).at(-1)).to.include({
      type: 'error',
      content: 'Mensaje no válido: "data.points" no es válido',
    });
  });

  it('go to rooms and users as a chat does', async () => {
    const bench = await HubBench.start({ types });
    const ana = await bench.join('ana', { rooms: ['a'] });
    const bo = await bench.join('bo');
    await bench.send(ana, { type: 'task', data: 1, room: 'a' });
    await bench.send(ana, { type: 'task', data: 2, to: 'bo' });
    await bench.send(bo, { type: 'task', data: 3, room: 'a' });
    expect(bench.heard(ana).slice(-2)).to.deep.equal(['task:@a', 'task:']);
    expect(bench.heard(bo).slice(-2)).to.deep.equal(['task:', 'error:not_in_room']);
  });

  describe('of the class ephemeral', () => {
    it('take no place in the order', async () => {
      const bench = await HubBench.start({ types });
      const ana = await bench.join('ana');
      await bench.send(ana, { type: 'chat', content: '1' });
      await bench.send(ana, { type: 'move', data: { x: 1 } });
      await bench.send(ana, { type: 'move', data: { x: 2 } });
      await bench.send(ana, { type: 'chat', content: '2' });
      const [one, first, second, two] = bench
        .received(ana)
        .slice(-4)
        .map(({ id }) => id.split('-')[1]);
      expect(first?.split('.')[0]).to.equal(one);
      expect(second).not.to.equal(first);
      expect(Number(two)).to.equal(Number(one) + 1);
    });

    it('are not sent to whoever is behind, then or later', async () => {
      const bench = await HubBench.start({ types });
      const ana = await bench.join('ana');
      const slow = await bench.join('slow', { transport: bench.b });
      bench.b.fill(slow, 1);
      await bench.send(ana, { type: 'chat', content: '1' });
      await bench.send(ana, { type: 'move', data: { x: 1 } });
      await bench.send(ana, { type: 'task', data: 1 });
      bench.b.drain(slow);
      await settled();
      expect(bench.heard(slow).slice(-2)).to.deep.equal(['task:', 'user_list']);
      expect(bench.heard(slow)).not.to.include('move:');
    });
  });

  describe('of the class state', () => {
    const scores = (bench: HubBench, session: Parameters<HubBench['received']>[0]) =>
      bench
        .received(session)
        .filter(({ type }) => type === 'score')
        .map(({ data }) => data);

    it('are given to whoever joins, the latest of each key, behind the list', async () => {
      const bench = await HubBench.start({ types });
      const ana = await bench.join('ana', { rooms: ['game'] });
      for (const [player, points] of [
        ['a', 1],
        ['b', 2],
        ['a', 3],
      ]) {
        await bench.send(ana, { type: 'score', data: { player, points }, room: 'game' });
      }
      const bo = await bench.join('bo', { rooms: ['game'] });
      expect(bench.heard(bo)).to.deep.equal(['user_list', 'user_list@game', 'score:@game', 'score:@game']);
      expect(scores(bench, bo)).to.deep.equal([
        { player: 'b', points: 2 },
        { player: 'a', points: 3 },
      ]);
      expect(bench.received(bo).at(-1)?.id).to.match(/-\d+\.\d+$/);
      expect(bench.received(bo).at(-1)?.from).to.equal('ana');
    });

    it('take a key of the message before the one of the definition', async () => {
      const bench = await HubBench.start({ types });
      const ana = await bench.join('ana');
      const data = { player: 'a', points: 1 };
      await bench.send(ana, { type: 'score', key: 'x', data });
      await bench.send(ana, { type: 'score', key: 'y', data });
      expect(scores(bench, await bench.join('bo'))).to.have.length(2);
    });

    it('collapse to the latest for whoever was behind', async () => {
      const bench = await HubBench.start({ types });
      const ana = await bench.join('ana');
      const slow = await bench.join('slow', { transport: bench.b });
      bench.b.fill(slow, 1);
      for (let points = 0; points < 5; points++) {
        await bench.send(ana, { type: 'score', data: { player: 'a', points } });
      }
      bench.b.drain(slow);
      await settled();
      expect(scores(bench, slow)).to.deep.equal([
        { player: 'a', points: 0 },
        { player: 'a', points: 4 },
      ]);
      expect(bench.heard(slow).slice(-2)).to.deep.equal(['user_list', 'score:']);
    });

    it('set while somebody joins reach him once', async () => {
      const bench = await HubBench.start({ types });
      const ana = await bench.join('ana');
      await bench.send(ana, { type: 'score', data: { player: 'a', points: 1 } });
      const bo = bench.hub.connect(bench.b, { user: { id: 'bo', name: 'bo' }, address: '', rooms: [] });
      bench.push(ana, { type: 'score', data: { player: 'a', points: 2 } });
      await settled();
      expect(scores(bench, bo)).to.deep.equal([{ player: 'a', points: 2 }]);
    });

    it('go to no single user', async () => {
      const bench = await HubBench.start({ types });
      const ana = await bench.join('ana');
      await bench.send(ana, { type: 'score', data: { player: 'a', points: 1 }, to: 'ana' });
      expect(bench.heard(ana).at(-1)).to.equal('error:invalid_message');
    });
  });
});

describe('application code', () => {
  it('hears of who comes and goes', async () => {
    const bench = await HubBench.start();
    const heard: string[] = [];
    bench.hub.on('connect', ({ user, transport }) => heard.push(`+${user.name} by ${transport}`));
    const stop = bench.hub.on('disconnect', ({ user }) => heard.push(`-${user.name}`));
    const ana = await bench.join('ana');
    const bo = await bench.join('bo', { transport: bench.b });
    // A second join of the default room is answered, and is no second coming.
    await bench.send(ana, { type: 'join', room: 'general' });
    bench.hub.disconnect(ana, { goodbye: true });
    stop();
    bench.hub.disconnect(bo, { goodbye: true });
    expect(heard).to.deep.equal(['+ana by a', '+bo by b', '-ana']);
  });

  it('hears of messages that have their place, typed where the type is its own, and of duplicates once', async () => {
    const bench = await HubBench.start({ types });
    const heard: unknown[] = [];
    bench.hub.on('chat', ({ content, id }, { user }) => heard.push([content, id.length > 15, user.id]));
    bench.hub.on(score, ({ data }) => heard.push(data.points + 1));
    const ana = await bench.join('ana');
    await bench.send(ana, { type: 'chat', content: 'x', clientMsgId: '1' });
    await bench.send(ana, { type: 'chat', content: 'x', clientMsgId: '1' });
    await bench.send(ana, { type: 'chat', content: 'x', room: 'nowhere' });
    await bench.send(ana, { type: 'score', data: { player: 'a', points: 1 } });
    expect(heard).to.deep.equal([['x', true, 'ana'], 2]);
  });

  it('may fail without harm', async () => {
    const errors: string[] = [];
    const bench = await HubBench.start({
      logger: { info() {}, warn() {}, error: (_fields, text) => errors.push(text) },
    });
    bench.hub.on('chat', () => {
      throw new Error('mine');
    });
    bench.hub.on('chat', async () => {
      throw new Error('mine, later');
    });
    const ana = await bench.join('ana');
    await bench.send(ana, { type: 'chat', content: 'x', clientMsgId: '1' });
    expect(bench.heard(ana).slice(-2)).to.deep.equal(['chat:x', 'ack']);
    expect(errors).to.have.length(2);
  });

  it('announces own types, and nothing that is the server’s', async () => {
    const bench = await HubBench.start({ types });
    const ana = await bench.join('ana');
    await bench.hub.announce({ type: 'score', data: { player: 'a', points: 9 } });
    await bench.hub.announce({ type: 'chat', content: 'hi', from: 'Bot' });
    expect(bench.received(ana).at(-2)).to.deep.include({
      type: 'score',
      from: 'system',
      data: { player: 'a', points: 9 },
    });
    expect(bench.received(ana).at(-1)).to.include({ type: 'chat', from: 'Bot' });
    for (const announcement of [
      { type: 'user_joined' },
      { type: 'nope' },
      { content: 'x', room: 'a b' },
      { content: 'x', room: 'a', to: 'b' },
      { type: 'score', data: {} },
    ]) {
      const error = await bench.hub.announce(announcement).catch((reason: unknown) => reason);
      expect(error, JSON.stringify(announcement)).to.be.instanceOf(Error);
    }
  });

  it('asks who is where', async () => {
    const bench = await HubBench.start();
    await bench.join('ana', { rooms: ['a'], name: 'Ana' });
    await bench.join('bo');
    expect(await bench.hub.users('a')).to.deep.equal([{ id: 'ana', name: 'Ana' }]);
    expect(await bench.hub.users()).to.have.length(2);
    expect(await bench.hub.users('empty')).to.deep.equal([]);
    expect(await bench.hub.rooms()).to.deep.equal([
      { name: 'general', users: 2 },
      { name: 'a', users: 1 },
    ]);
  });
});
