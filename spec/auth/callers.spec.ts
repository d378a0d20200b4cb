import type { IncomingHttpHeaders } from 'node:http';
import { expect } from 'chai';
import { Callers, isTrustable, type Trust } from '../../src/auth/callers.ts';

describe('Callers', () => {
  const of = (trust: Trust, remoteAddress: string | undefined, headers: IncomingHttpHeaders) =>
    new Callers(trust).of({ headers, socket: { remoteAddress } });

  const PROXIES = ['10.0.0.0/8', '127.0.0.1', '::1', 'fd00::/8'];

  const cases: [what: string, trust: Trust, peer: string, headers: IncomingHttpHeaders, address: string][] = [
    ['is the peer where nobody is trusted', [], '1.2.3.4', { 'x-forwarded-for': '9.9.9.9' }, '1.2.3.4'],
    ['nor is so where none stand in a row', 0, '1.2.3.4', { 'x-forwarded-for': '9.9.9.9' }, '1.2.3.4'],
    ['is the peer where it is not trusted', PROXIES, '1.2.3.4', { 'x-forwarded-for': '9.9.9.9' }, '1.2.3.4'],
    ['nor is the other header', PROXIES, '1.2.3.4', { forwarded: 'for=9.9.9.9' }, '1.2.3.4'],
    ['is the proxy where that says nothing', PROXIES, '10.1.1.1', {}, '10.1.1.1'],
    ['is what a trusted proxy says', PROXIES, '10.1.1.1', { 'x-forwarded-for': '9.9.9.9' }, '9.9.9.9'],
    ['is what a mapped proxy says', PROXIES, '::ffff:10.1.1.1', { 'x-forwarded-for': '9.9.9.9' }, '9.9.9.9'],
    ['is what an IPv6 proxy says', PROXIES, 'fd00::7', { 'x-forwarded-for': '2001:db8::1' }, '2001:db8::1'],
    ['is not what the client says', PROXIES, '10.1.1.1', { 'x-forwarded-for': '6.6.6.6, 9.9.9.9' }, '9.9.9.9'],
    ['nor a trusted address that it says', PROXIES, '10.1.1.1', { 'x-forwarded-for': '10.6.6.6, 9.9.9.9' }, '9.9.9.9'],
    ['is behind several proxies', PROXIES, '10.1.1.1', { 'x-forwarded-for': '9.9.9.9,10.2.2.2 , ::1' }, '9.9.9.9'],
    [
      'is the first where all are proxies',
      PROXIES,
      '10.1.1.1',
      { 'x-forwarded-for': '10.3.3.3, 10.2.2.2' },
      '10.3.3.3',
    ],
    ['has no port', PROXIES, '10.1.1.1', { 'x-forwarded-for': '9.9.9.9:1234' }, '9.9.9.9'],
    ['has no port either', PROXIES, '10.1.1.1', { 'x-forwarded-for': '[2001:db8::1]:1234' }, '2001:db8::1'],
    ['is no nonsense', PROXIES, '10.1.1.1', { 'x-forwarded-for': '9.9.9.9, unknown' }, '10.1.1.1'],
    ['is no empty text', PROXIES, '10.1.1.1', { 'x-forwarded-for': '' }, '10.1.1.1'],
    ['is no half address', PROXIES, '10.1.1.1', { 'x-forwarded-for': '9.9.9' }, '10.1.1.1'],
    ['is what the other header says', PROXIES, '10.1.1.1', { forwarded: 'for=9.9.9.9;proto=https' }, '9.9.9.9'],
    ['in any form', PROXIES, '10.1.1.1', { forwarded: 'by=x; For="[2001:db8::1]:80"' }, '2001:db8::1'],
    ['over several', PROXIES, '10.1.1.1', { forwarded: 'for=6.6.6.6, for=9.9.9.9,for=10.2.2.2' }, '9.9.9.9'],
    ['is no alias', PROXIES, '10.1.1.1', { forwarded: 'for=9.9.9.9, for=_hidden' }, '10.1.1.1'],
    [
      'is what the older header says of two',
      PROXIES,
      '10.1.1.1',
      { 'x-forwarded-for': '9.9.9.9', forwarded: 'for=6.6.6.6' },
      '9.9.9.9',
    ],
    ['is the last of one hop', 1, '5.5.5.5', { 'x-forwarded-for': '6.6.6.6, 9.9.9.9' }, '9.9.9.9'],
    ['is the last but one of two', 2, '5.5.5.5', { 'x-forwarded-for': '6.6.6.6, 9.9.9.9, 8.8.8.8' }, '9.9.9.9'],
    ['is the first of more hops than there are', 5, '5.5.5.5', { 'x-forwarded-for': '9.9.9.9, 8.8.8.8' }, '9.9.9.9'],
    ['is IPv4 also through an IPv6 socket', [], '::ffff:1.2.3.4', {}, '1.2.3.4'],
    ['is IPv4 also where a proxy says it so', PROXIES, '::1', { 'x-forwarded-for': '::FFFF:1.2.3.4' }, '1.2.3.4'],
    ['has no zone', [], 'fe80::1%eth0', {}, 'fe80::1'],
  ];
  for (const [what, trust, peer, headers, address] of cases) {
    it(`the address ${what}: ${address}`, () => expect(of(trust, peer, headers).address).to.equal(address));
  }

  it('have no address once their connection has ended', () => {
    expect(of(PROXIES, undefined, { 'x-forwarded-for': '9.9.9.9' }).address).to.equal('');
  });

  it('talk to the host that they name, or that a trusted proxy names', () => {
    const headers = { host: 'inside:3000', 'x-forwarded-host': 'chat.example, other.example' };
    expect(of([], '10.1.1.1', headers).host).to.equal('inside:3000');
    expect(of(PROXIES, '1.2.3.4', headers).host).to.equal('inside:3000');
    expect(of(PROXIES, '10.1.1.1', headers).host).to.equal('chat.example');
    expect(of(PROXIES, '10.1.1.1', { host: 'inside:3000' }).host).to.equal('inside:3000');
  });

  it('come from the page that the browser says', () => {
    expect(of([], '1.2.3.4', { origin: 'https://a.example' }).origin).to.equal('https://a.example');
    expect(of([], '1.2.3.4', {}).origin).to.equal(undefined);
  });

  it('do not take long over a header that is as long as it may be', () => {
    const long = Array.from({ length: 4000 }, () => '10.1.1.1').join(',');
    expect(of(PROXIES, '10.1.1.1', { 'x-forwarded-for': long }).address).to.equal('10.1.1.1');
    expect(of(PROXIES, '10.1.1.1', { forwarded: ';'.repeat(16_000) }).address).to.equal('10.1.1.1');
  });

  for (const [entry, trustable] of [
    ['1.2.3.4', true],
    ['1.2.3.4/0', true],
    ['::1/128', true],
    ['1.2.3.4/33', false],
    ['::1/129', false],
    ['1.2.3.4/', false],
    ['1.2.3.4/a', false],
    ['1.2.3/8', false],
    ['localhost', false],
    ['', false],
  ] as const) {
    it(`${trustable ? 'may' : 'may not'} be trusted: ${JSON.stringify(entry)}`, () => {
      expect(isTrustable(entry)).to.equal(trustable);
    });
  }
});
