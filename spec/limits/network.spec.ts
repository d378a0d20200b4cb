import { expect } from 'chai';
import { networkOf } from '../../src/limits/network.ts';

describe('networkOf', () => {
  for (const [address, network] of [
    ['192.0.2.1', '192.0.2.1'],
    ['', ''],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:C000:0201', '192.0.2.1'],
    ['0:0:0:0:0:ffff:255.255.255.255', '255.255.255.255'],
    ['::ffff:0.0.0.1', '0.0.0.1'],
    ['::', '0:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    // Not mapped: its IPv4 part is the host's.
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
    ['2001:db8::', '2001:db8:0:0::/64'],
    ['2001:DB8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002::7', '2001:db8:1:2::/64'],
    ['2001:db8:0:0:1::', '2001:db8:0:0::/64'],
    ['::ffff:1:2:3', '0:0:0:0::/64'],
  ] as const) {
    it(`of ${address || 'nothing'} is ${network || 'nothing'}`, () => expect(networkOf(address)).to.equal(network));
  }
});
