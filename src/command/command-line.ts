import { parseArgs } from 'node:util';
import { ConfigError, flagOf, SETTING_KEYS, type Settings, type Source, type Sources, variableOf } from '../config.ts';

export const COMMANDS = ['start', 'config', 'send', 'tail', 'token'] as const;
export type CommandName = (typeof COMMANDS)[number];

/** What a command line asks for. */
export interface CommandLine {
  command: CommandName;
  /** What stands behind the command. */
  words: string[];
  help: boolean;
  version: boolean;
  settings: Settings;
  /** Where each setting that is not a default comes from. */
  sources: Sources;
  /** The flags of `send`, `tail` and `token`, and the form of `config`. */
  flags: ClientFlags;
}

export interface ClientFlags {
  url?: string;
  username?: string;
  room?: string;
  to?: string;
  type?: string;
  data?: string;
  token?: string;
  sub?: string;
  name?: string;
  expires?: string;
  permissions?: string;
  json?: boolean;
  insecure?: boolean;
  markdown?: boolean;
}

/** Gives the text of a file; undefined where there is none. */
export type ReadFile = (path: string) => string | undefined;

/** Read where nothing else is named, if it is there. */
const DEFAULT_FILE = 'ambos.json';

const text = { type: 'string' } as const;
const CLIENT_FLAGS = {
  url: text,
  username: text,
  room: text,
  to: text,
  type: text,
  data: text,
  token: text,
  sub: text,
  name: text,
  expires: text,
  permissions: text,
  json: { type: 'boolean' },
  insecure: { type: 'boolean' },
  markdown: { type: 'boolean' },
} as const;

/** Reads flags, what they leave open from the environment, and what that leaves open from a file. @throws ConfigError */
export function readCommandLine(args: string[], environment: NodeJS.ProcessEnv, readFile?: ReadFile): CommandLine {
  const { values, positionals } = parseFlags(args);
  const { help, version, config, ...flags } = values;
  const [command = 'start', ...words] = positionals;
  if (!isCommand(command)) throw new ConfigError(`There is no command "${command}"\nTry: ambos --help`);
  if (command === 'start' && words.length > 0) throw new ConfigError(`Unexpected "${words[0]}"\nTry: ambos --help`);
  const file = readSettingsFile(readFile, textOf(config) ?? (environment['AMBOS_CONFIG'] || undefined));
  const layers: [Source, (key: keyof Settings) => unknown][] = [
    ['flag', (key) => flags[flagOf(key)]],
    // An empty variable is what a shell leaves of an unset one.
    ['environment', (key) => environment[variableOf(key)] || undefined],
    ['file', (key) => file[key]],
  ];
  return {
    command,
    words,
    help: help === true,
    version: version === true,
    ...layered(layers, file),
    flags: flags as ClientFlags,
  };
}

function layered(layers: [Source, (key: keyof Settings) => unknown][], file: Record<string, unknown>) {
  // Keys of the file that are no settings stay in, so that they are reported with everything else.
  const settings: Record<string, unknown> = { ...file };
  const sources: Sources = {};
  for (const key of SETTING_KEYS) {
    const found = layers.find(([, read]) => read(key) !== undefined);
    settings[key] = found?.[1](key);
    if (found) sources[key] = found[0];
  }
  return { settings: settings as Settings, sources };
}

function readSettingsFile(readFile: ReadFile | undefined, named: string | undefined): Record<string, unknown> {
  const path = named ?? DEFAULT_FILE;
  const content = readFile?.(path);
  if (content === undefined && named !== undefined) throw new ConfigError(`There is no file "${named}"`);
  if (content === undefined) return {};
  try {
    const parsed: unknown = JSON.parse(content);
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return { ...parsed };
  } catch {
    throw new ConfigError(`The file "${path}" is not JSON`);
  }
  throw new ConfigError(`The file "${path}" must hold an object of settings, such as {"port": 8080}`);
}

function parseFlags(args: string[]) {
  const settings = Object.fromEntries(SETTING_KEYS.map((key) => [flagOf(key), text]));
  const flag = (short: string) => ({ type: 'boolean' as const, short });
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: { ...CLIENT_FLAGS, ...settings, config: text, help: flag('h'), version: flag('v') },
    }) as { values: Record<string, string | boolean | undefined>; positionals: string[] };
  } catch (error) {
    throw new ConfigError(`${error instanceof Error ? error.message : error}\nTry: ambos --help`);
  }
}

function isCommand(word: string): word is CommandName {
  return (COMMANDS as readonly string[]).includes(word);
}

function textOf(value: string | boolean | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
