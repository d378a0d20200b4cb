import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { refused } from '../conformance/answers.ts';
import { type Client, DOORS } from '../support/client.ts';
import { removeFolders } from '../support/folder.ts';
import { historyAfter, json, request } from '../support/http.ts';
import { Lives } from '../support/lives.ts';
import { unique } from '../support/messages.ts';
import { Person } from '../support/person.ts';
import { backOf, come, drop, leaveAll, open } from '../support/returning.ts';
import { skip } from '../support/skip.ts';
import { aboutUser, isPresence, said } from '../support/talk.ts';

const run = promisify(execFile);

/** A write beyond the limit is an error then, and not the end of the process. */
const HARMLESS = "--import=data:text/javascript,process.on('SIGXFSZ',()=>{})";

describe('a disk that takes nothing at all', function () {
  this.timeout(30_000);
  let server: Lives;

  before(async function () {
    await run('prlimit', ['--version']).catch(() => skip(this, 'a broken disk', 'there is no prlimit'));
    server = await Lives.begin({ NODE_OPTIONS: HARMLESS, PRESENCE_GRACE: '1m' });
  });
  after(async () => {
    await leaveAll();
    await server?.kill();
    removeFolders();
  });

  /** Bytes of a file up to which the server can write. */
  const limit = (bytes: string) =>
    run('prlimit', ['--pid', String(server.command.child.pid), `--fsize=${bytes}:unlimited`]);

  const readiness = async () => {
    const answer = await request(`${server.url}/readyz`);
    return { status: answer.status, ...json(answer) };
  };

  it('harms nobody who is there, sends those away who come, and is made up for when it takes something again', async () => {
    const room = unique('room');
    const people = DOORS.map((door) => new Person(door, room));
    const away = DOORS.map((door) => new Person(door, room));
    for (const person of [...people, ...away]) await person.come(server);
    await Promise.all(away.map(({ client }) => drop(client)));
    const [ana, bo] = people.map(({ client }) => client) as [Client, Client];
    const kept = [await said(ana, { type: 'chat', room })];
    await bo.next({ id: kept[0]! });

    await limit('4096');
    for (const client of [ana, bo]) {
      const error = await refused(client, { type: 'chat', room, content: 'lost', clientMsgId: `${client.door}-1` });
      expect(error).to.include({ code: 'unavailable', retryable: true });
      expect(await refused(client, { type: 'join', room: unique('room') })).to.include({ code: 'unavailable' });
    }
    expect(await readiness()).to.deep.equal({ status: 503, ready: false, reasons: ['log: disk I/O error'] });
    expect((await request(`${server.url}/healthz`)).status).to.equal(200);
    // What is there can be read.
    const history = await historyAfter(server, room, people[0]!.lives[0]!.welcome.id);
    expect(history.map(({ id }) => id)).to.deep.equal(kept);
    for (const door of DOORS) {
      await expectSentAway(open(door, server, { rooms: [room] }));
      await expectSentAway(open(door, server, { userId: away[0]!.userId, rooms: [room], ...backOf(away[0]!.client) }));
    }

    await limit('unlimited');
    while ((await readiness()).status !== 200);
    for (const client of [ana, bo]) {
      const receipt = await client.request({ type: 'chat', room, content: 'kept', clientMsgId: `${client.door}-1` });
      expect(receipt).to.include({ ok: true }).and.not.have.property('duplicate');
      if (receipt.ok) kept.push(receipt.id);
    }
    for (const person of away) await person.come(server);
    const newcomer = await come('ws', server, { rooms: [room] });
    kept.push(await said(newcomer, { type: 'chat', room }));
    for (const person of [...people, ...away]) {
      await person.client.next({ id: kept.at(-1)! });
      expect(person.kept).to.deep.equal(kept);
      expect(person.drops).to.equal(people.includes(person) ? 0 : 1);
    }
    // Who was sent away has not been there, and who was away has never left.
    const comers = [people[1]!, ...away].map(({ userId }) => userId);
    const heard = ana.messages.filter((m) => isPresence(m) && m.room === room);
    expect(heard.map((m) => [m.type, aboutUser(m)])).to.deep.equal(
      [...comers, newcomer.userId].map((userId) => ['user_joined', userId]),
    );
  });
});

/** For now: it is to try again later. */
async function expectSentAway(client: Client): Promise<void> {
  const { code, reason } = await client.closed;
  if (client.door === 'ws') expect({ code, reason }).to.deep.equal({ code: 1013, reason: 'try_again_later' });
  else expect(client.messages.at(-1)!.data).to.deep.equal({ code: 'try_again_later', retryable: true });
  expect(client.messages.some(({ type }) => type === 'user_list')).to.equal(false);
}
