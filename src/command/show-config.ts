import { type Settings, type Sources, settingInfos } from '../config.ts';
import { withoutSecrets } from '../protocol/secrets.ts';
import { aligned } from './help.ts';

const HIDDEN = '***';

/** `ambos config`: every setting, its value as given, and where it comes from. */
export function showConfig(settings: Settings, sources: Sources): string {
  const rows = settingInfos().map(({ key, variable, fallback, secret }) => [
    variable,
    secret && settings[key] ? HIDDEN : withoutSecrets(inOneLine(String(settings[key] ?? fallback))),
    sources[key] ?? 'default',
  ]);
  return aligned([['SETTING', 'VALUE', 'SOURCE'], ...rows]).join('\n');
}

/** The same table for the documents, with the defaults. */
export function settingsMarkdown(): string {
  const rows = settingInfos().map(
    ({ variable, flag, key, fallback, help }) =>
      `| \`${variable}\` | \`${flag}\` | \`${key}\` | ${fallback === '' ? '' : `\`${fallback}\``} | ${help} |`,
  );
  return [
    '| variable | flag | key of ambos.json | default | meaning |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

/** Of a key in several lines the first will do. */
function inOneLine(value: string): string {
  return value.replace(/\n[\s\S]*/, ' …');
}
