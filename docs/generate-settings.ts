import { writeFileSync } from 'node:fs';
import { settingsMarkdown } from '../src/command/show-config.ts';

// `npm run docs:settings`: writes the table of settings anew.

const HEAD = `# Settings

Each setting is an environment variable, a flag, or a key of \`ambos.json\`. A flag wins over the environment, which wins
over the file. \`ambos config\` shows every value and where it comes from. Durations take \`ms\`, \`s\`, \`m\`, \`h\` and \`d\`;
sizes \`KiB\`, \`MiB\` and \`GiB\`.
`;

writeFileSync(new URL('settings.md', import.meta.url), `${HEAD}\n${settingsMarkdown()}\n`);
