import { expect } from 'chai';
import { Connections } from '../../src/limits/connections.ts';
import type { Refusal } from '../../src/protocol/errors.ts';
import { expectRefusal, refusalOf } from '../support/refusals.ts';

describe('Connections', () => {
  const limited = (maxConnections: number, maxConnectionsPerIp: number) =>
    new Connections({ maxConnections, maxConnectionsPerIp });
  const open = (connections: Connections, ...addresses: string[]) => {
    for (const address of addresses) connections.open(address);
  };
  const refusalAt = (connections: Connections, address: string): Refusal => {
    const refusal = refusalOf(() => connections.open(address));
    expect(refusalOf(() => connections.check(address)).data()).to.deep.equal(refusal.data());
    return refusal;
  };

  it('has no limit where none is set', () => {
    const connections = limited(0, 0);
    for (let count = 0; count < 10_000; count += 1) connections.open('::1');
    connections.check('::1');
  });

  it('refuses over_capacity where all places are taken, whatever the address', () => {
    const connections = limited(2, 0);
    open(connections, 'a', 'b');
    expectRefusal(refusalAt(connections, 'c'), 'over_capacity');
  });

  it('refuses rate_limited where one address has all of its places, and nobody else', () => {
    const connections = limited(0, 2);
    open(connections, 'a', 'a');
    expectRefusal(refusalAt(connections, 'a'), 'rate_limited', 'connections');
    open(connections, 'b', 'b');
    expectRefusal(refusalAt(connections, 'b'), 'rate_limited', 'connections');
  });

  it('speaks of the server before it speaks of the address', () => {
    const connections = limited(1, 1);
    open(connections, 'a');
    expectRefusal(refusalAt(connections, 'a'), 'over_capacity');
  });

  it('tells when to try again, in whole seconds', () => {
    const connections = limited(2, 1);
    open(connections, 'a');
    for (const address of ['a', 'b']) {
      if (address === 'b') open(connections, 'b');
      const { retryAfter, retryable } = refusalAt(connections, address);
      expect(retryAfter).to.be.a('number').that.is.at.least(1);
      expect(retryAfter! % 1).to.equal(0);
      expect(retryable).to.equal(true);
    }
  });

  it('takes no place with a check', () => {
    const connections = limited(1, 1);
    for (let count = 0; count < 5; count += 1) connections.check('a');
    open(connections, 'a');
  });

  it('takes no place with an open that is refused', () => {
    const connections = limited(3, 1);
    open(connections, 'a');
    for (let count = 0; count < 5; count += 1) refusalAt(connections, 'a');
    open(connections, 'b', 'c');
    connections.close('a');
    open(connections, 'a');
  });

  it('has the place again that was given back', () => {
    const connections = limited(2, 1);
    open(connections, 'a', 'b');
    connections.close('a');
    expectRefusal(refusalAt(connections, 'b'), 'rate_limited', 'connections');
    open(connections, 'a');
    expectRefusal(refusalAt(connections, 'a'), 'over_capacity');
  });

  it('counts the addresses of one /64 together, and those of another one apart', () => {
    const connections = limited(0, 3);
    open(connections, '2001:db8:1:2::1', '2001:DB8:1:2:ffff::', '2001:0db8:0001:0002:3:4:5:6');
    expectRefusal(refusalAt(connections, '2001:db8:1:2:9::'), 'rate_limited', 'connections');
    open(connections, '2001:db8:1:3::1', '2001:db8::2:1', '::1', '::2', '::3', '2001:db8:1::');
    expectRefusal(refusalAt(connections, '::4'), 'rate_limited', 'connections');
    connections.close('2001:db8:1:2::77');
    open(connections, '2001:db8:1:2::78');
  });

  it('counts each IPv4 address apart', () => {
    const connections = limited(0, 1);
    open(connections, '10.0.0.1', '10.0.0.2');
    expectRefusal(refusalAt(connections, '10.0.0.1'), 'rate_limited', 'connections');
  });

  it('counts an IPv4 address as the same however it is written', () => {
    const connections = limited(0, 2);
    open(connections, '::ffff:192.0.2.1', '::ffff:c000:201');
    expectRefusal(refusalAt(connections, '192.0.2.1'), 'rate_limited', 'connections');
    open(connections, '::ffff:192.0.2.2', '::ffff:c000:203');
    connections.close('192.0.2.1');
    open(connections, '0:0:0:0:0:FFFF:192.0.2.1');
  });

  it('counts right over any order of coming and going', () => {
    const connections = limited(0, 3);
    const here: Record<string, number> = { a: 0, b: 0, c: 0 };
    // Every address comes and goes by a rhythm of its own; the count beside is what must agree.
    for (let step = 0; step < 3000; step += 1) {
      const address = 'abc'[step % 3]!;
      const coming = (step * 7 + (step % 11)) % 5 > 1;
      if (coming && here[address]! < 3) {
        connections.open(address);
        here[address]! += 1;
      } else if (coming) {
        expectRefusal(refusalAt(connections, address), 'rate_limited', 'connections');
      } else if (here[address]! > 0) {
        connections.close(address);
        here[address]! -= 1;
      }
    }
  });
});
