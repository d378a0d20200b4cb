import { expect } from 'chai';
import { HubBench, settled } from '../support/hub-bench.ts';

describe('a slow client', () => {
  const setup = async (options?: Parameters<typeof HubBench.start>[0]) => {
    const bench = await HubBench.start({ ...options, limits: { announceLimit: 100, userListLimit: 100 } });
    const fast = await bench.join('fast', { transport: bench.b, rooms: ['a'] });
    const slow = await bench.join('slow', { rooms: ['a'] });
    const chat = (content: string, room?: string) => bench.send(fast, { type: 'chat', content, ...(room && { room }) });
    return { bench, fast, slow, chat };
  };

  it('is given the message that fills its socket, and then nothing', async () => {
    const { bench, slow, chat } = await setup();
    bench.a.fill(slow, 1);
    for (const content of ['1', '2', '3']) await chat(content);
    expect(bench.heard(slow).filter((word) => word.startsWith('chat'))).to.deep.equal(['chat:1']);
    expect(slow.live).to.equal(false);
  });

  it('reads on when its socket drains, misses nothing and gets nothing twice, over all its rooms', async () => {
    const { bench, fast, slow, chat } = await setup();
    bench.a.fill(slow, 1);
    for (const [content, room] of [['1'], ['2', 'a'], ['3'], ['4', 'a']]) await chat(content!, room);
    await bench.send(fast, { type: 'chat', content: '5', to: 'slow' });
    bench.a.drain(slow);
    await settled();
    await chat('6', 'a');
    const chats = bench.heard(slow).filter((word) => word.startsWith('chat'));
    expect(chats).to.deep.equal(['chat:1', 'chat:2@a', 'chat:3', 'chat:4@a', 'chat:5', 'chat:6@a']);
    expect(slow.live).to.equal(true);
  });

  it('gets one fresh list per room instead of the comings and goings that it missed', async () => {
    const { bench, slow, chat } = await setup();
    bench.a.fill(slow, 1);
    await chat('1');
    await bench.join('new', { transport: bench.b, rooms: ['a'] });
    const before = bench.heard(slow).length;
    bench.a.drain(slow);
    await settled();
    expect(bench.heard(slow).slice(before)).to.deep.equal(['user_list', 'user_list@a']);
    const ids = (bench.received(slow).at(-1)!.data as { id: string }[]).map(({ id }) => id);
    expect(ids).to.have.members(['slow', 'fast', 'new']);
  });

  it('becomes level list by list where one alone fills its socket, and gets anew only what has changed since', async () => {
    const { bench, slow, chat } = await setup();
    bench.a.fill(slow, 1);
    await chat('1');
    const before = bench.heard(slow).length;
    bench.a.drain(slow, 1);
    await settled();
    await bench.join('new', { transport: bench.b });
    bench.a.drain(slow, 1);
    await settled();
    bench.a.drain(slow, 1);
    await settled();
    expect(bench.heard(slow).slice(before)).to.deep.equal(['user_list', 'user_list', 'user_list@a']);
    bench.a.drain(slow);
    await settled();
    await chat('2');
    expect(bench.heard(slow).slice(before + 3)).to.deep.equal(['chat:2']);
  });

  for (const [what, width, stop] of [
    ['message by message where they are long', 17_000, 301],
    // The first one, a page of 200, and the first piece of the next: as many as 32 KiB hold, with 256 for each.
    ['else behind a piece of its page', 8, 1 + 200 + 124],
  ] as const) {
    it(`reads page by page and stops where its socket is full again: ${what}`, async () => {
      const { bench, slow, chat } = await setup({ memory: { bytes: 1e9 } });
      const contents = Array.from({ length: 500 }, (_, i) => String(i).padEnd(width));
      bench.a.fill(slow, 1);
      for (const content of contents) await chat(content);
      const chats = () => bench.heard(slow).filter((word) => word.startsWith('chat'));
      bench.a.drain(slow, 300);
      await settled();
      expect(chats()).to.have.length(stop);
      bench.a.drain(slow);
      await settled();
      expect(chats()).to.deep.equal(contents.map((content) => `chat:${content}`));
      expect(bench.heard(slow).slice(-2)).to.deep.equal(['user_list', 'user_list@a']);
    });
  }

  it('gets the receipt of its own message after the echo', async () => {
    const { bench, slow, chat } = await setup();
    bench.a.fill(slow, 1);
    await chat('1');
    await bench.send(slow, { type: 'chat', content: 'mine', clientMsgId: 'm' });
    bench.a.drain(slow);
    await settled();
    expect(bench.heard(slow).slice(-4)).to.deep.equal(['chat:mine', 'ack', 'user_list', 'user_list@a']);
  });

  it('is told its own position while it is behind', async () => {
    const { bench, slow, chat } = await setup();
    bench.a.fill(slow, 1);
    await chat('1');
    const { id } = bench.received(slow).at(-1)!;
    await chat('2');
    await bench.send(slow, { type: 'heartbeat' });
    expect(bench.received(slow).at(-1)?.id.split('.')[0]).to.equal(id);
  });

  it('is closed only when what it has not read is no longer kept', async () => {
    const { bench, slow, chat } = await setup({ memory: { messages: 50 } });
    bench.a.fill(slow, 1);
    for (let i = 0; i < 300; i++) await chat(String(i));
    expect(bench.a.closes).to.be.empty;
    bench.a.drain(slow);
    await settled();
    expect(bench.a.closes).to.deep.equal([{ session: slow, why: 'slow_consumer' }]);
    expect(bench.heard(slow).filter((word) => word.startsWith('chat'))).to.deep.equal(['chat:0']);
  });

  it('is not closed for what was trimmed before it came', async () => {
    const { bench, chat } = await setup({ memory: { messages: 50 } });
    for (let i = 0; i < 300; i++) await chat(String(i), 'a');
    const late = await bench.join('late', { rooms: ['a'] });
    bench.a.fill(late, 1);
    await chat('x', 'a');
    await chat('y', 'a');
    bench.a.drain(late);
    await settled();
    expect(bench.a.closes).to.be.empty;
    expect(bench.heard(late).slice(-3)).to.deep.equal(['chat:y@a', 'user_list', 'user_list@a']);
  });

  it('may join and leave while it is behind', async () => {
    const { bench, slow, chat } = await setup();
    bench.a.fill(slow, 1);
    await chat('1');
    await bench.send(slow, { type: 'join', room: 'b' });
    await bench.send(slow, { type: 'leave', room: 'a' });
    await bench.send(slow, { type: 'chat', content: 'in b', room: 'b' });
    bench.a.drain(slow);
    await settled();
    expect(bench.heard(slow).slice(-3)).to.deep.equal(['chat:in b@b', 'user_list', 'user_list@b']);
  });

  it('gets what waits for it in the midst of a piece at its place, and nothing of a room while it was out', async () => {
    const { bench, slow, chat } = await setup();
    bench.a.fill(slow, 1);
    for (const content of ['1', '2', '3']) await chat(content);
    await bench.send(slow, { type: 'chat', content: 'mine', clientMsgId: 'm' });
    for (const content of ['4', '5']) await chat(content);
    for (const content of ['6', '7']) await chat(content, 'a');
    await bench.send(slow, { type: 'leave', room: 'a' });
    await chat('unheard', 'a');
    await bench.send(slow, { type: 'join', room: 'a' });
    await chat('8', 'a');
    const before = bench.heard(slow).length;
    bench.a.drain(slow);
    await settled();
    const words = bench.heard(slow).slice(before);
    expect(words.filter((word) => /^(chat|ack)/.test(word))).to.deep.equal([
      'chat:2',
      'chat:3',
      'chat:mine',
      'ack',
      'chat:4',
      'chat:5',
      'chat:6@a',
      'chat:7@a',
      'chat:8@a',
    ]);
  });

  it('that leaves for good is not read for', async () => {
    const { bench, slow, chat } = await setup();
    bench.a.fill(slow, 1);
    await chat('1');
    await chat('2');
    bench.hub.disconnect(slow, { goodbye: true });
    bench.a.drain(slow);
    await settled();
    expect(bench.heard(slow)).not.to.include('chat:2');
  });

  it('reads again after a while where the log could not be read', async () => {
    const { bench, slow, chat } = await setup();
    const read = bench.log.read.bind(bench.log);
    bench.a.fill(slow, 1);
    await chat('1');
    await chat('2');
    bench.log.read = () => Promise.reject(new Error('disk'));
    bench.a.drain(slow);
    await settled();
    bench.log.read = read;
    bench.clock.advance(1000);
    await settled();
    expect(bench.heard(slow)).to.include('chat:2');
  });
});
