import { expect } from 'chai';
import { Reminder } from '../../src/tls/reminder.ts';
import { HandClock } from '../support/hand-clock.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const EXPIRED = 'error: The TLS certificate tls.crt has expired, and clients refuse it: renew it';
const expiresIn = (time: string) => `warn: The TLS certificate tls.crt expires in ${time}: renew it`;

describe('Reminder', () => {
  let clock: HandClock;
  let lines: string[];
  let given: object[];
  let reminder: Reminder;

  beforeEach(() => {
    clock = new HandClock();
    lines = [];
    given = [];
    const note = (level: string) => (fields: object, text: string) => {
      given.push(fields);
      lines.push(`${level}: ${text}`);
    };
    reminder = new Reminder(clock, { info: note('info'), warn: note('warn'), error: note('error') });
  });

  /** One that is valid for so long from now on, and was for so long before. */
  const watch = (left: number, before = 90 * DAY) =>
    reminder.watch({ from: clock.now() - before, to: clock.now() + left }, { file: 'tls.crt' });

  /** Hour by hour, with looks in between. */
  const pass = (time: number) => {
    for (let passed = 0; passed < time; passed += HOUR) {
      reminder.check();
      reminder.check();
      clock.advance(HOUR);
    }
  };

  it('says nothing until two weeks before the end', () => {
    watch(15 * DAY);
    pass(DAY);
    expect(lines).to.deep.equal([]);
    pass(HOUR);
    expect(lines).to.deep.equal([expiresIn('14 days')]);
    expect(given).to.deep.equal([{ file: 'tls.crt' }]);
  });

  it('tells once a day, and at the end and every day after it that clients refuse it', () => {
    watch(3 * DAY - HOUR);
    pass(5 * DAY);
    const days = [expiresIn('2 days'), expiresIn('1 day'), expiresIn('less than a day')];
    expect(lines).to.deep.equal([...days, EXPIRED, EXPIRED, EXPIRED]);
  });

  it('tells at the end, though it has told within the day', () => {
    watch(HOUR);
    pass(2 * HOUR);
    expect(lines).to.deep.equal([expiresIn('less than a day'), EXPIRED]);
  });

  it('waits for the last third of one that was made for days alone', () => {
    watch(3 * DAY, 3 * DAY);
    pass(DAY);
    expect(lines).to.deep.equal([]);
    pass(HOUR);
    expect(lines).to.deep.equal([expiresIn('2 days')]);
  });

  it('has nothing to say of what was replaced, and tells of the new one without waiting for a day', () => {
    watch(2 * DAY);
    pass(HOUR);
    watch(60 * DAY);
    pass(2 * DAY);
    expect(lines).to.deep.equal([expiresIn('2 days')]);
    watch(5 * DAY);
    pass(HOUR);
    expect(lines).to.deep.equal([expiresIn('2 days'), expiresIn('5 days')]);
  });

  it('tells again where the clock was set back', () => {
    watch(10 * DAY);
    pass(HOUR);
    clock.set(clock.now() - 3 * DAY);
    pass(HOUR);
    expect(lines).to.deep.equal([expiresIn('10 days'), expiresIn('12 days')]);
  });
});
