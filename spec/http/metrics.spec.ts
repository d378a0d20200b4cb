import { expect } from 'chai';
import { Metrics } from '../../src/http/metrics.ts';
import { figuresOf } from '../support/http-bench.ts';

describe('Metrics', () => {
  const linesOf = async (metrics: Metrics) =>
    (await metrics.text()).split('\n').filter((line) => line && !line.startsWith('#'));

  it('show the figures in the text format of Prometheus', async () => {
    const lines = await linesOf(new Metrics(() => figuresOf(9)));
    expect(lines).to.include.members([
      'ambos_connections{transport="ws"} 2',
      'ambos_connections_total{transport="ws"} 3',
      'ambos_users 1',
      'ambos_rooms 5',
      'ambos_joins_total 7',
      'ambos_requests_total 4',
      'ambos_messages_received_total{transport="ws",type="chat"} 4',
      'ambos_deliveries_total{transport="ws",type="chat"} 9',
      'ambos_batches_total 2',
      'ambos_batch_messages_total 6',
      'ambos_batch_messages_largest 5',
      'ambos_event_loop_delay_seconds{quantile="0.99"} 0.002',
      'ambos_memory_rss_bytes 1000',
    ]);
  });

  it('show errors and closes by their codes', async () => {
    const metrics = new Metrics(() => ({ ...figuresOf(1), errors: { too_large: 2 }, closes: { going_away: 3 } }));
    const lines = await linesOf(metrics);
    expect(lines).to.include.members([
      'ambos_errors_total{code="too_large"} 2',
      'ambos_closes_total{close="going_away"} 3',
    ]);
  });

  it('tell how long the certificate is valid, in whole seconds, where there is one', async () => {
    let left = 90.5;
    const metrics = new Metrics(() => figuresOf(1), { certificate: () => left });
    expect(await linesOf(metrics)).to.include('ambos_certificate_seconds_left 90');
    left = -3;
    expect(await linesOf(metrics)).to.include('ambos_certificate_seconds_left -3');
    expect(await new Metrics(() => figuresOf(1)).text()).not.to.include('certificate');
  });

  it('are of the moment they are asked, and do not add up', async () => {
    let sent = 1;
    const metrics = new Metrics(() => figuresOf(sent));
    await metrics.text();
    sent = 5;
    expect(await linesOf(metrics)).to.include('ambos_deliveries_total{transport="ws",type="chat"} 5');
  });

  it('of two servers are apart', async () => {
    const [one, two] = [new Metrics(() => figuresOf(1)), new Metrics(() => figuresOf(2))];
    expect(await linesOf(one)).to.include('ambos_deliveries_total{transport="ws",type="chat"} 1');
    expect(await linesOf(two)).to.include('ambos_deliveries_total{transport="ws",type="chat"} 2');
  });

  it('name counters as the conventions ask, each with help and type', async () => {
    const text = await new Metrics(() => figuresOf(1)).text();
    for (const [, name] of text.matchAll(/^# TYPE (\S+) counter$/gm)) expect(name).to.match(/_total$/);
    for (const [, name] of text.matchAll(/^# TYPE (\S+)/gm)) expect(text).to.include(`# HELP ${name} `);
  });
});
