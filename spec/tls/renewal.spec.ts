import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { KeyPair } from '../../src/tls/key-pair.ts';
import { Renewal } from '../../src/tls/renewal.ts';
import { newFolder, removeFolders } from '../support/folder.ts';
import { HandClock } from '../support/hand-clock.ts';
import { EXPIRED, FIRST, LOCKED, RSA, SECOND } from '../support/key-pairs.ts';
import { LogLines } from '../support/log-lines.ts';

const LOOK = 10_000;
const DAY = 86_400_000;
const STAYS = 'The TLS certificate stays as it was: ';
const TAKEN = 'A new TLS certificate is in use';

// No event of the disk is heard here: time stands still, and what follows an event waits for it.
describe('Renewal, where nothing is heard of a change', () => {
  let folder: string;
  let cert: string;
  let key: string;
  let clock: HandClock;
  let lines: LogLines;
  let taken: KeyPair[];
  let renewal: Renewal;

  beforeEach(() => {
    folder = newFolder();
    cert = join(folder, 'tls.crt');
    key = join(folder, 'tls.key');
    clock = new HandClock(Date.now());
    lines = new LogLines();
    taken = [];
  });
  afterEach(() => {
    renewal.stop();
    expect(clock.pending).to.equal(0);
  });
  after(removeFolders);

  const put = (pair: { cert: string; key: string }) => {
    writeFileSync(cert, pair.cert);
    writeFileSync(key, pair.key);
  };

  const start = async (passphrase?: string) => {
    const take = (pair: KeyPair) => void taken.push(pair);
    renewal = new Renewal({ files: { cert, key, passphrase }, clock, logger: lines.logger, take });
    await renewal.start();
  };

  it('looks from time to time', async () => {
    put(FIRST);
    await start();
    put(SECOND);
    clock.advance(LOOK);
    await lines.next(TAKEN);
    expect(taken.map((pair) => pair.cert)).to.deep.equal([FIRST.cert, SECOND.cert]);
    expect(taken[1]).to.include({ key: SECOND.key, minVersion: 'TLSv1.2' });
  });

  it('finds what lies behind a folder that was made anew', async () => {
    put(FIRST);
    symlinkSync(folder, `${folder}-link`);
    [cert, key] = [join(`${folder}-link`, 'tls.crt'), join(`${folder}-link`, 'tls.key')];
    await start();
    renameSync(folder, `${folder}-old`);
    mkdirSync(folder);
    put(SECOND);
    clock.advance(LOOK);
    await lines.next(TAKEN);
    for (const path of [`${folder}-link`, `${folder}-old`]) rmSync(path, { recursive: true });
  });

  const bad: [what: string, change: () => void, words: () => string][] = [
    [
      'half a certificate',
      () => writeFileSync(cert, SECOND.cert.slice(0, 300)),
      () => `certificate ${cert} is no cert`,
    ],
    ['half a chain', () => writeFileSync(cert, FIRST.cert + SECOND.cert.slice(0, 300)), () => 'or not a whole one'],
    ['a torn line', () => writeFileSync(cert, `${FIRST.cert}-----BEG`), () => `certificate ${cert} is no certificate`],
    ['an empty file', () => writeFileSync(cert, ''), () => `certificate ${cert} is no certificate (PEM), or`],
    ['a certificate of another key', () => writeFileSync(cert, SECOND.cert), () => `key ${key} does not belong to`],
    ['a key of another kind', () => writeFileSync(key, RSA.key), () => `key ${key} does not belong to`],
    ['half a key', () => writeFileSync(key, SECOND.key.slice(0, 100)), () => `key ${key} is no key (PEM), or`],
    ['a locked key', () => put(LOCKED), () => `key ${key} is locked: set TLS_PASSPHRASE`],
    ['one that has expired', () => put(EXPIRED), () => `The new one in ${cert} has expired`],
    ['no key', () => rmSync(key), () => `key ${key} can't be read: there is no such file`],
    ['a folder', () => [rmSync(key), mkdirSync(key)], () => `key ${key} can't be read: it is a folder`],
  ];
  for (const [what, change, words] of bad) {
    it(`keeps the old one where the new one is ${what}, says so once, and takes a good one`, async () => {
      put(FIRST);
      await start();
      change();
      clock.advance(LOOK);
      expect(await lines.next(STAYS)).to.include(words());
      clock.advance(3 * LOOK);
      await renewal.look();
      rmSync(key, { recursive: true, force: true });
      put(SECOND);
      clock.advance(LOOK);
      await lines.next(TAKEN);
      expect(lines.texts).to.have.length(2);
      expect(lines.texts.join()).not.to.include('BEGIN');
      expect(taken.map((pair) => pair.cert)).to.deep.equal([FIRST.cert, SECOND.cert]);
    });
  }

  it('takes one that is not valid yet when it is', async () => {
    const now = clock.now();
    clock.set(Date.UTC(2020, 5));
    put(EXPIRED);
    await start();
    put(SECOND);
    clock.advance(LOOK);
    expect(await lines.next(STAYS)).to.include('is not valid yet');
    clock.set(now);
    clock.advance(DAY);
    await lines.next(TAKEN);
    expect(lines.texts).to.have.length(3);
    expect(lines.texts[1]).to.include('has expired');
  });

  it('reminds once a day of one that is about to expire, until there is a new one', async () => {
    const now = clock.now();
    // As if nobody had looked in between: each look reads the files.
    const pass = (days: number) => {
      clock.set(clock.now() + days * DAY);
      clock.advance(LOOK);
    };
    const expiresIn = (time: string) => `The TLS certificate ${cert} expires in ${time}: renew it`;
    clock.set(Date.UTC(2020, 11, 15));
    put(EXPIRED);
    await start();
    pass(2);
    expect(lines.texts).to.deep.equal([]);
    pass(1);
    expect(lines.texts).to.deep.equal([expiresIn('13 days')]);
    clock.advance(LOOK);
    pass(1);
    expect(lines.texts).to.deep.equal([expiresIn('13 days'), expiresIn('12 days')]);
    clock.set(now);
    put(SECOND);
    clock.advance(LOOK);
    await lines.next(TAKEN);
    pass(30);
    expect(lines.texts.at(-1)).to.equal(TAKEN);
    expect(renewal.validTo).to.be.above(clock.now() + 365 * DAY);
  });

  it('opens a locked key', async () => {
    put(FIRST);
    await start(LOCKED.passphrase);
    put(LOCKED);
    clock.advance(LOOK);
    await lines.next(TAKEN);
    expect(taken[1]).to.include({ passphrase: LOCKED.passphrase });
  });
});
