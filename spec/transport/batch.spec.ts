import { expect } from 'chai';
import type { Session } from '../../src/hub/session.ts';
import { Batch } from '../../src/transport/batch.ts';
import { Frame } from '../../src/transport/frame.ts';
import type { Parcel } from '../../src/transport/parcel.ts';
import { textsOf } from '../support/frames.ts';
import { sessions } from '../support/sessions.ts';

describe('Batch', () => {
  let batch: Batch;
  let ana: Session;
  let bo: Session;
  let cy: Session;

  beforeEach(() => {
    batch = new Batch();
    [ana, bo, cy] = sessions(3) as [Session, Session, Session];
  });

  const toAll = (text: string, audience: ReadonlySet<Session>) => batch.addToAll(new Frame(text), audience);
  const toOne = (text: string, session: Session) => batch.addToOne(new Frame(text), session);

  const join = (session: Session, audience: Set<Session>) => {
    batch.settle(session);
    audience.add(session);
  };

  const leave = (session: Session, audience: Set<Session>) => {
    batch.settle(session);
    audience.delete(session);
  };

  /** Who gets what; each session once, in one parcel. */
  const parcels = (): Map<Session, Parcel> => {
    const found = new Map<Session, Parcel>();
    for (const { parcel, sessions } of batch.deliveries()) {
      for (const session of sessions) {
        expect(found.has(session), `${session.id} twice`).to.equal(false);
        found.set(session, parcel);
      }
    }
    return found;
  };

  /** What a session gets, as one word. */
  const heard = (session: Session): string => textsOf(parcels().get(session)?.bytes ?? Buffer.of()).join('');

  it('gives members of several audiences everything in the order of the calls', () => {
    const [a, b] = [new Set([ana, bo]), new Set([bo, cy])];
    toAll('1', a);
    toAll('2', b);
    toAll('3', a);
    toAll('4', b);
    toAll('5', b);
    expect([ana, bo, cy].map(heard)).to.deep.equal(['13', '12345', '245']);
  });

  it('puts what is one’s own in its place among that', () => {
    const room = new Set([ana, bo]);
    toOne('a', bo);
    toAll('1', room);
    toOne('b', bo);
    toOne('c', bo);
    toAll('2', room);
    toOne('d', cy);
    expect([ana, bo, cy].map(heard)).to.deep.equal(['12', 'a1bc2', 'd']);
  });

  it('shares one parcel among those who hear the same, and makes none for nobody', () => {
    const [a, b] = [new Set([ana, bo]), new Set([ana, bo, cy])];
    toAll('1', a);
    toAll('2', b);
    toAll('3', new Set());
    const found = parcels();
    expect([...found.keys()]).to.have.members([ana, bo, cy]);
    expect(found.get(ana)).to.equal(found.get(bo)).and.not.equal(found.get(cy));
  });

  it('does not look who is in an audience before the end', () => {
    const room = new Set([ana]);
    toAll('1', room);
    room.add(bo);
    expect(heard(bo)).to.equal('1');
  });

  it('gives whoever joins what is sent from then on', () => {
    const room = new Set([ana]);
    toAll('1', room);
    toOne('a', bo);
    join(bo, room);
    toAll('2', room);
    toOne('b', bo);
    toAll('3', room);
    expect([ana, bo].map(heard)).to.deep.equal(['123', 'a2b3']);
  });

  it('gives whoever leaves what was sent until then', () => {
    const room = new Set([ana, bo]);
    toAll('1', room);
    toOne('a', bo);
    toAll('2', room);
    leave(bo, room);
    toAll('3', room);
    toOne('b', bo);
    expect([ana, bo].map(heard)).to.deep.equal(['123', '1a2b']);
  });

  it('keeps each audience apart for one who comes and goes', () => {
    const [a, b] = [new Set([ana, bo]), new Set([ana])];
    toAll('1', a);
    toAll('2', b);
    join(bo, b);
    toAll('3', a);
    toAll('4', b);
    leave(bo, a);
    toAll('5', a);
    toAll('6', b);
    leave(bo, b);
    join(bo, a);
    toAll('7', a);
    toAll('8', b);
    expect([ana, bo].map(heard)).to.deep.equal(['12345678', '13467']);
  });

  it('settles any number of times without a difference', () => {
    const room = new Set([ana, bo]);
    batch.settle(bo);
    toAll('1', room);
    for (let i = 0; i < 3; i += 1) batch.settle(bo);
    toOne('a', bo);
    batch.settle(bo);
    toAll('2', room);
    batch.settle(bo);
    expect(heard(bo)).to.equal('1a2');
  });

  it('takes out what waits for one, and goes on with what comes after', () => {
    const room = new Set([ana, bo]);
    toAll('1', room);
    toOne('a', bo);
    toAll('2', room);
    expect(textsOf(batch.take(bo).bytes).join('')).to.equal('1a2');
    expect(batch.take(bo).bytes).to.be.empty;
    toAll('3', room);
    toOne('b', bo);
    expect([ana, bo].map(heard)).to.deep.equal(['123', '3b']);
  });

  it('takes out nothing for one to whom nothing was sent', () => {
    toAll('1', new Set([ana]));
    expect(batch.take(bo).bytes).to.be.empty;
    expect(heard(bo)).to.equal('');
  });

  it('gives one place to a frame that goes to several alone', () => {
    const room = new Set([ana, bo]);
    toAll('1', room);
    const place = batch.nextPlace();
    for (const session of [ana, bo, cy]) batch.addToOne(new Frame('a'), session, place);
    toAll('2', room);
    expect([ana, bo, cy].map(heard)).to.deep.equal(['1a2', '1a2', 'a']);
    expect(batch.count).to.equal(3);
  });

  it('counts frames, the bytes of audiences, and what waits of one’s own', () => {
    const room = new Set([ana, bo]);
    const { size } = new Frame('1');
    toAll('1', room);
    expect(toOne('2', ana)).to.equal(size);
    expect(toOne('3', ana)).to.equal(2 * size);
    expect(toOne('4', bo)).to.equal(size);
    expect(batch).to.include({ count: 4, bytes: size });
    batch.take(ana);
    expect(toOne('5', ana)).to.equal(size);
  });

  it('delivers nothing where nothing was sent', () => {
    batch.settle(ana);
    expect(batch.deliveries()).to.be.empty;
  });
});
