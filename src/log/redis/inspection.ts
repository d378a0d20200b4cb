import type { Redis } from 'ioredis';

/** The oldest version that has what the log needs. */
const OLDEST = 7;

const ADVICE = 'Redis may lose messages:';

/** Can it hold a log? @throws Error in words for the operator. @param shown its address, for the words */
export async function checkServer(redis: Redis, shown: string): Promise<void> {
  const info = await infoOf(redis);
  const version = /^redis_version:(\S+)/m.exec(info)?.[1];
  if (version !== undefined && Number.parseInt(version, 10) < OLDEST)
    throw new Error(`Redis at ${shown} is too old (${version}): Ambos needs Redis ${OLDEST}.0 or newer`);
  if (/^role:slave/m.test(info))
    throw new Error(`Redis at ${shown} is a replica, which takes no messages: set REDIS_URL to its primary`);
}

/** What the operator should know of how it keeps what it is given; nothing where it does not say. */
export async function warningsOf(redis: Redis): Promise<string[]> {
  const config = await configOf(redis);
  const warnings: string[] = [];
  if (config.get('appendonly') === 'no') warnings.push(`${ADVICE} ${snapshotWords(config.get('save') ?? '')}`);
  if (config.get('appendfsync') === 'no' && config.get('appendonly') === 'yes')
    warnings.push(`${ADVICE} a crash of its machine takes what was not written yet (appendfsync no): set everysec`);
  const policy = config.get('maxmemory-policy') ?? 'noeviction';
  if (policy !== 'noeviction' && config.get('maxmemory') !== '0')
    warnings.push(`${ADVICE} it drops keys when its memory is full (maxmemory-policy ${policy}): set noeviction`);
  return warnings;
}

function snapshotWords(save: string): string {
  if (save === '') return 'a restart takes all of them (appendonly no, save ""): set appendonly yes';
  const longest = Math.max(...save.split(' ').map((word, i) => (i % 2 === 0 ? Number(word) : 0)));
  return `a crash takes those of up to the last ${longest} seconds (appendonly no): set appendonly yes`;
}

/** Who may not ask gets no answer, and goes on. */
async function infoOf(redis: Redis): Promise<string> {
  return await redis.info().catch(() => '');
}

async function configOf(redis: Redis): Promise<Map<string, string>> {
  const config = new Map<string, string>();
  for (const name of ['appendonly', 'appendfsync', 'save', 'maxmemory', 'maxmemory-policy']) {
    const [, value] = ((await redis.config('GET', name).catch(() => [])) as string[]) ?? [];
    if (value !== undefined) config.set(name, value);
  }
  return config;
}
