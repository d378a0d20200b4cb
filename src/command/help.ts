import { settingInfos } from '../config.ts';

/** The text of `--help`. */
export function helpText(): string {
  const rows = settingInfos().map(({ flag, variable, fallback, help }) => [flag, variable, fallback, help]);
  return [
    'ambos: one hub for raw WebSocket and Socket.IO clients',
    '',
    'Usage:',
    '  ambos [start] [--flag value ...]      run the server',
    '  ambos config [--markdown]             show every setting, its value and where that comes from',
    '  ambos send TEXT [--room R | --to U] [--type T] [--data JSON] [--username N] [--token T] [--url URL]',
    '                                        send a message to a running server',
    '  ambos tail [ROOM] [--json] [--token T] [--url URL]',
    '                                        show the messages of a room as they come',
    '                                        --insecure trusts any certificate: for trying things out',
    '  ambos token --sub ID [--name N] [--expires 1h] [--permissions JSON]',
    '                                        make a token for development, signed with JWT_SECRET',
    '',
    'Each setting is a flag, an environment variable or a key of ambos.json (maxRooms); the first of these wins.',
    '',
    ...aligned(rows).map((line) => `  ${line}`),
    '',
    '  --config FILE  AMBOS_CONFIG  a JSON file of settings; by default ambos.json where there is one',
    '  --help, -h     show this text',
    '  --version, -v  show the version',
  ].join('\n');
}

/** Pads all columns but the last. */
export function aligned(rows: readonly (readonly string[])[]): string[] {
  const columns = rows[0]?.length ?? 0;
  const widths = Array.from({ length: columns - 1 }, (_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows.map((row) => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  '));
}
