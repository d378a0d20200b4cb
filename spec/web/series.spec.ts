import { expect } from 'chai';
import type { Outgoing } from '../support/messages.ts';

interface Series {
  sent: number;
  over: boolean;
  go(): void;
  stop(): void;
  take(message: { type: string; data: unknown }): boolean;
}

const { Series } = (await import(new URL('../../web/pane/series.js', import.meta.url).href)) as {
  Series: new (options: { of: number; room?: string; filling?: string; send(request: Outgoing): void }) => Series;
};

describe('a series of the test client', () => {
  const out: Outgoing[] = [];
  let series: Series;

  beforeEach(() => {
    out.length = 0;
    series = new Series({ of: 3, send: (request) => void out.push(request) });
    series.go();
  });

  afterEach(() => series.stop());

  it('numbers its messages, and sends each once the server has the one before', () => {
    expect(out.map(numberOf)).to.deep.equal([1]);
    for (let n = 1; n < 3; n += 1) {
      expect(series.take(answer('ack'))).to.equal(true);
      series.go();
    }
    expect(out.map(numberOf)).to.deep.equal([1, 2, 3]);
    expect(new Set(out.map(({ clientMsgId }) => clientMsgId)).size).to.equal(3);
    series.take(answer('ack'));
    expect(series).to.include({ sent: 3, over: true });
    series.go();
    expect(out.length).to.equal(3);
  });

  it('sends what has no answer again by a new connection, as the same message', () => {
    series.go();
    expect(out[1]).to.deep.equal(out[0]);
  });

  it('is not moved by answers to others', () => {
    expect(series.take({ type: 'ack', data: { clientMsgId: 'm-1' } })).to.equal(false);
    expect(series.sent).to.equal(0);
  });

  it('goes on where it was refused for now, and ends where it was refused for good', () => {
    expect(series.take(answer('error', { retryable: true, retryAfter: 60 }))).to.equal(true);
    expect(series).to.include({ sent: 0, over: false });
    series.go();
    expect(out[1]).to.deep.equal(out[0]);
    series.take(answer('error', { retryable: false }));
    expect(series.over).to.equal(true);
  });

  it('goes to a room, and may be large', () => {
    const large = new Series({ of: 1, room: 'tea', filling: 'xx', send: (request) => void out.push(request) });
    large.go();
    large.stop();
    expect(out[1]).to.deep.include({ type: 'chat', room: 'tea', content: '1/1' });
    expect(out[1]!.data).to.include({ n: 1, of: 1, filling: 'xx' });
  });

  function answer(type: string, more = {}): { type: string; data: unknown } {
    return { type, data: { clientMsgId: out.at(-1)!.clientMsgId, ...more } };
  }
});

function numberOf({ data }: Outgoing): number {
  return (data as { n: number }).n;
}
