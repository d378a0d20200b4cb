import { expect } from 'chai';
import { Client } from '../../bench/load/client.ts';
import { closedLoop } from '../../bench/load/loops.ts';
import type { Plan } from '../../bench/load/plan.ts';
import { Traffic } from '../../bench/load/traffic.ts';
import { fresh } from './frames.ts';

const PLAN: Plan = { nodes: [], raw: 0, socketio: 0, handshakes: 0 };

/** So many clients without sockets, which all hear two lanes. */
function bench(count: number, slow = 0) {
  const clients = Array.from({ length: count }, (_, index) => {
    const given = {
      ...fresh(2),
      state: fresh(2),
      phase: 'ready' as Client['phase'],
      slow: index < slow,
      sent: 0,
      send: () => {},
    };
    const client = Object.assign(Object.create(Client.prototype) as Client, given);
    client.send = () => (client.sent += 1);
    return client;
  });
  const crowd = { clients, listener: undefined };
  const traffic = new Traffic(crowd, PLAN, { senders: 2, bytes: 64, warm: 0, seconds: 0 });
  return { clients, traffic, client: (index: number) => crowd.clients[index]! };
}

/** The text in a frame of at least 126 bytes. */
function unmasked(frame: Buffer): string {
  return String(frame.subarray(8).map((byte, i) => byte ^ frame[4 + (i & 3)]!));
}

describe('bench: Traffic', () => {
  it('is complete when a message has reached everyone', () => {
    const { traffic } = bench(3);
    traffic.send();
    traffic.send();
    traffic.arrived([0, 0, 1, 0]);
    traffic.arrived([0, 0]);
    expect(traffic).to.include({ sent: 2, completed: 0, inFlight: 2 });
    traffic.arrived([0, 0]);
    expect(traffic).to.include({ completed: 1, inFlight: 1 });
  });

  it('lets the lanes take turns, each with a sender of its own', () => {
    const { traffic, clients, client } = bench(4);
    for (let i = 0; i < 5; i++) traffic.send();
    expect(clients.map(({ sent }) => sent)).to.deep.equal([3, 0, 2, 0]);
    expect(traffic.ends(client(0))).to.deep.equal([3, 2]);
  });

  it('sends to the room that all are in', () => {
    const client = { ...fresh(1), state: fresh(1), phase: 'ready', slow: false, text: '' };
    const send = (frame: Buffer) => (client.text = unmasked(frame));
    const crowd = { clients: [{ ...client, send }] as unknown as Client[], listener: undefined };
    const plan = { ...PLAN, room: 'sala' };
    new Traffic(crowd, plan, { senders: 1, bytes: 128, warm: 0, seconds: 0 }).send();
    expect(JSON.parse(client.text)).to.include({ type: 'chat', room: 'sala' });
  });

  it('does not wait for those that are gone, and has another send', () => {
    const { traffic, clients, client } = bench(3);
    traffic.send();
    traffic.arrived([0, 0]);
    traffic.arrived([0, 0]);
    clients[0]!.phase = 'gone';
    traffic.lost(client(0));
    expect(traffic.completed).to.equal(1);
    traffic.send();
    traffic.send();
    expect(clients.map(({ sent }) => sent)).to.deep.equal([1, 2, 0]);
    for (let i = 0; i < 2; i++) traffic.arrived([1, 0, 0, 1]);
    expect(traffic.inFlight).to.equal(0);
  });

  it('does not wait for the slow, nor have them send', () => {
    const { traffic, clients } = bench(3, 2);
    traffic.send();
    traffic.arrived([0, 0]);
    expect(traffic.completed).to.equal(1);
    expect(clients.map(({ sent }) => sent)).to.deep.equal([0, 0, 1]);
  });

  it('keeps a window full', async () => {
    const { traffic } = bench(1);
    const stop = closedLoop(traffic, 4);
    expect(traffic.sent).to.equal(4);
    traffic.arrived([0, 0, 1, 0, 0, 1]);
    await new Promise(setImmediate);
    expect(traffic).to.include({ sent: 7, inFlight: 4 });
    stop();
    traffic.arrived([1, 1]);
    await new Promise(setImmediate);
    expect(traffic.sent).to.equal(7);
  });
});
