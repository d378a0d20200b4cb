import { pino } from 'pino';
import type { Logger } from './hub/ports.ts';
import { withoutSecrets } from './protocol/secrets.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

// C0, DEL, C1: a terminal would obey them.
const CONTROL = /[\x00-\x1F\x7F-\x9F]/g;
const CONTROL_BUT_NEW_LINE = /[\x00-\x09\x0B-\x1F\x7F-\x9F]/g;

/**
 * Log lines: JSON with the words in `msg`, or, for a person at a terminal, the time and the words alone.
 * @param plain write for people
 */
export function createLogger(level: LogLevel, plain: boolean, output: (line: string) => void): Logger {
  const write = (line: string) => {
    const cut = withoutSecrets(line);
    output(plain ? forPeople(cut) : cut);
  };
  return pino({ level, base: null, serializers: { err: plainError } }, { write });
}

/** Whatever else hangs on an error may be a whole request, with its headers. */
function plainError(error: unknown): object | string {
  if (!(error instanceof Error)) return typeof error === 'string' ? error : `a thrown ${typeof error}`;
  const { name: type, message, stack } = error;
  const { code } = error as NodeJS.ErrnoException;
  const cause = error.cause === undefined ? {} : { cause: plainError(error.cause) };
  return { type, message, stack, ...(code !== undefined && { code }), ...cause };
}

function forPeople(line: string): string {
  const { level, time, msg, err } = JSON.parse(line) as {
    level: number;
    time: number;
    msg: string;
    err?: { stack?: string };
  };
  const clock = new Date(time).toTimeString().slice(0, 8);
  const mark = level >= 50 ? 'ERROR ' : level >= 40 ? 'WARN  ' : '';
  const stack = err?.stack ? `\n${err.stack.replace(CONTROL_BUT_NEW_LINE, escaped)}` : '';
  return `${clock} ${mark}${msg.replace(CONTROL, escaped)}${stack}\n`;
}

function escaped(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}
