import { expect } from 'chai';
import { statsBody } from '../../src/http/stats-body.ts';
import { figuresOf, statsOf } from '../support/http-bench.ts';

describe('statsBody', () => {
  const five = {
    total_connections: 3,
    current_connections: 2,
    messages_sent: 12,
    messages_received: 4,
    active_users: 1,
  };

  it('has the figures, and the five documented ones once more in data', () => {
    const body = statsBody(statsOf(figuresOf(12)));
    expect(body).to.deep.include({ ...five, success: true, rooms: 5, uptime_seconds: 60, data: five });
    expect(body.transports).to.deep.equal({ ws: { current_connections: 2, total_connections: 3 } });
  });

  it('begins with success and the five, and ends with data', () => {
    const keys = Object.keys(statsBody(statsOf(figuresOf(1))));
    expect(keys.slice(0, 6)).to.deep.equal(['success', ...Object.keys(five)]);
    expect(keys.at(-1)).to.equal('data');
  });

  it('leaves the snapshot as it was', () => {
    const snapshot = statsOf(figuresOf(1));
    statsBody(snapshot);
    expect(snapshot).to.deep.equal(statsOf(figuresOf(1)));
  });
});
