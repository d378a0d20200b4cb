import { pino } from 'pino';
import type { Logger } from './hub/ports.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Tokens travel in URLs; a log must not keep what opens doors. What is left of the line must still be JSON. */
const TOKEN = /([?&]token=)(?:\\[^"nrt]|[^&\s"\\])+/gi;
/** A JSON Web Token, wherever it stands. */
const JWT = /\beyJ[\w-]*\.[\w-]+\.[\w-]*/g;
// C0, DEL, C1: a terminal would obey them.
const CONTROL = /[\x00-\x1F\x7F-\x9F]/g;
const CONTROL_BUT_NEW_LINE = /[\x00-\x09\x0B-\x1F\x7F-\x9F]/g;

/**
 * Log lines: JSON with the words in `msg`, or, for a person at a terminal, the time and the words alone.
 * @param plain write for people
 */
export function createLogger(level: LogLevel, plain: boolean, output: (line: string) => void): Logger {
  const write = (line: string) => {
    const cut = line.replace(TOKEN, '$1***').replace(JWT, '***');
    output(plain ? forPeople(cut) : cut);
  };
  return pino({ level, base: null }, { write });
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
