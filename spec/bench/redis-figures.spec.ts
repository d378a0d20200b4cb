import { expect } from 'chai';
import { callsIn } from '../../bench/load/redis-figures.ts';

describe('bench: callsIn', () => {
  it('counts scripts, and not what they do', () => {
    const info = [
      '# Commandstats',
      'cmdstat_evalsha:calls=12,usec=900,usec_per_call=75.00,rejected_calls=0,failed_calls=0',
      'cmdstat_eval:calls=1,usec=90,usec_per_call=90.00,rejected_calls=0,failed_calls=0',
      'cmdstat_publish:calls=13,usec=50,usec_per_call=3.85,rejected_calls=0,failed_calls=0',
      'cmdstat_xadd:calls=26,usec=80,usec_per_call=3.08,rejected_calls=0,failed_calls=0',
    ].join('\r\n');
    expect(callsIn(info)).to.equal(13);
  });

  it('counts what is published where there are no scripts', () => {
    const info =
      '# Commandstats\r\ncmdstat_publish:calls=7,usec=50,usec_per_call=7.14\r\ncmdstat_ping:calls=2,usec=1\r\n';
    expect(callsIn(info)).to.equal(7);
    expect(callsIn('# Commandstats\r\n')).to.equal(0);
  });
});
