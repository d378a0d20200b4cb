import { expect } from 'chai';
import { Roster } from '../../src/hub/roster.ts';

describe('Roster', () => {
  const ana = { id: 'ana', name: 'Ana' };

  it('tells the first connection of a user and the last', () => {
    const roster = new Roster();
    expect([roster.enter(ana, 's1'), roster.enter(ana, 's2')]).to.deep.equal([true, false]);
    expect([roster.exit('ana', 's1'), roster.exit('ana', 's2')]).to.deep.equal([false, true]);
  });

  it('counts a connection once, however often it enters', () => {
    const roster = new Roster();
    roster.enter(ana, 's1');
    roster.enter(ana, 's1');
    expect(roster.exit('ana', 's1')).to.equal(true);
  });

  it('does not mind the exit of one that never entered', () => {
    const roster = new Roster();
    roster.enter(ana, 's1');
    expect([roster.exit('ana', 'other'), roster.exit('bo', 's1'), roster.size]).to.deep.equal([false, false, 1]);
  });

  it('shows the newest connection’s name, and the one before when that has gone', () => {
    const roster = new Roster();
    roster.enter(ana, 's1');
    roster.enter({ id: 'ana', name: 'Anita' }, 's2');
    expect(roster.rows('ana', 10).toJSON()[0]?.username).to.equal('Anita');
    roster.exit('ana', 's2');
    expect(roster.rows('ana', 10).toJSON()[0]?.username).to.equal('Ana');
  });

  it('lists the reader first, then the others as they came, within the limit', () => {
    const roster = new Roster();
    for (const id of ['1', '2', '3', '4']) roster.enter({ id, name: id }, `s${id}`);
    expect(
      roster
        .rows('3', 3)
        .toJSON()
        .map(({ id }) => id),
    ).to.deep.equal(['3', '1', '2']);
  });

  it('makes lists whose JSON is that of their rows, whoever reads and whatever the limit', () => {
    const roster = new Roster();
    const ids = ['1', 'ñ "2"', '3', '4', '5'];
    for (const id of ids) roster.enter({ id, name: `${id}\n😀` }, `s${id}`);
    for (const limit of [1, 2, 3, 4, 5, 6]) {
      for (const reader of [...ids, 'nobody']) {
        const rows = roster.rows(reader, limit);
        const others = ids.filter((id) => id !== reader);
        const expected = (reader === 'nobody' ? others : [reader, ...others]).slice(0, limit);
        expect(rows.toJSON().map(({ id }) => id)).to.deep.equal(expected);
        expect(rows.length).to.equal(expected.length);
        expect(rows.json.join('')).to.equal(JSON.stringify(rows));
      }
    }
  });

  it('shows who has come, gone and changed since the last list', () => {
    const roster = new Roster();
    const names = () =>
      roster
        .rows('ana', 10)
        .toJSON()
        .map(({ username }) => username);
    roster.enter(ana, 's1');
    expect(names()).to.deep.equal(['Ana']);
    roster.enter({ id: 'bo', name: 'Bo' }, 's2');
    roster.enter({ id: 'ana', name: 'Anita' }, 's3');
    expect(names()).to.deep.equal(['Anita', 'Bo']);
    roster.exit('bo', 's2');
    expect(names()).to.deep.equal(['Anita']);
  });
});
