import type { Authenticator, Authorize } from '../hub/ports.ts';
import { type ApplicationAuth, applicationIdentify } from './application.ts';
import { OpenAuthenticator } from './authenticator.ts';
import { alsoAsking, authorize } from './authorize.ts';
import { Backend, type BackendOptions } from './backend.ts';
import { type Identify, IdentityAuthenticator } from './identity.ts';
import { type JwtOptions, jwtIdentify } from './jwt.ts';
import { type KeySettings, readKeys } from './keys.ts';
import { USUAL } from './permissions.ts';

/** Everything that settings and application say about who may come in, and do what. */
export interface AuthOptions
  extends KeySettings,
    Omit<JwtOptions, 'keys'>,
    Omit<BackendOptions, 'clock' | 'logger'>,
    ApplicationAuth {
  auth: 'auto' | 'on' | 'off';
  maxTokenBytes: number;
}

/** Who are you, and may you? */
export interface Auth {
  authenticator: Authenticator;
  authorize: Authorize;
  /** Clients are not simply who they say they are. */
  on: boolean;
}

/** What is wrong with the settings, a line each. */
export class AuthProblems extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

/** @throws AuthProblems */
export function createAuth(options: AuthOptions): Auth {
  const problems = contradictions(options);
  if (problems.length > 0) throw new AuthProblems(problems);
  const backend = options.authUrl === '' ? undefined : new Backend(options);
  const ask = options.authorize ?? (backend && questions(backend, options));
  const identify = identification(options, backend);
  return {
    authenticator: identify
      ? new IdentityAuthenticator({ ...options, identify, usual: ask ? undefined : USUAL })
      : new OpenAuthenticator(options.clock),
    authorize: ask ? alsoAsking(ask) : authorize,
    on: identify !== undefined,
  };
}

/** The one who says who a client is. */
function identification(options: AuthOptions, backend: Backend | undefined): Identify | undefined {
  const { authenticate, logger } = options;
  if (authenticate) return applicationIdentify(authenticate, logger);
  const keys = readable(options);
  if (keys) return jwtIdentify({ ...options, keys });
  return backend && ((handshake) => backend.identify(handshake));
}

/** A backend that has said with the identity what it permits is not asked again. */
function questions(backend: Backend, options: AuthOptions): Authorize {
  const identifies = !options.authenticate && !hasKey(options);
  return (user, action, target) =>
    (identifies && user.permissions !== undefined) || backend.permits(user, action, target);
}

function readable(options: AuthOptions) {
  try {
    return readKeys(options, options.clock, options.logger);
  } catch (error) {
    throw new AuthProblems([(error as Error).message]);
  }
}

// --- what does not go together ---

const SECRET_BYTES = 32;
const KEYS = { jwtSecret: 'JWT_SECRET', jwtPublicKey: 'JWT_PUBLIC_KEY', jwtJwksUrl: 'JWT_JWKS_URL' } as const;

function keysGiven(options: KeySettings): string[] {
  return (Object.keys(KEYS) as (keyof typeof KEYS)[]).filter((key) => options[key] !== '').map((key) => KEYS[key]);
}

function hasKey(options: KeySettings): boolean {
  return keysGiven(options).length > 0;
}

function contradictions(options: AuthOptions): string[] {
  const { authUrl, authSecret, authenticate, jwtJwksUrl } = options;
  const keys = keysGiven(options);
  const ways = [...(authenticate ? ['authenticate'] : []), ...keys, ...(authUrl === '' ? [] : ['AUTH_URL'])];
  const idle = keys.length > 0 ? [] : idleJwtSettings(options);
  return [
    ...(keys.length > 1 ? [`${keys.join(' and ')} exclude each other: give one of them`] : []),
    ...(authenticate && keys.length > 0 ? [`${keys[0]} and the option authenticate exclude each other`] : []),
    ...(options.authorize && authUrl !== '' ? ['AUTH_URL and the option authorize exclude each other'] : []),
    ...idle.map((name) => `${name} is of no use without ${Object.values(KEYS).join(', ')}`),
    ...switchProblems(options.auth, ways),
    ...urlProblems('JWT_JWKS_URL', jwtJwksUrl),
    ...urlProblems('AUTH_URL', authUrl),
    ...secretProblems(authUrl, authSecret),
  ];
}

function idleJwtSettings({ jwtIssuer, jwtAudience, jwtAlgorithms }: AuthOptions): string[] {
  const given = { JWT_ISSUER: jwtIssuer, JWT_AUDIENCE: jwtAudience, JWT_ALGORITHMS: jwtAlgorithms };
  return Object.entries(given).flatMap(([name, values]) => (values.length > 0 ? [name] : []));
}

function switchProblems(auth: AuthOptions['auth'], ways: string[]): string[] {
  if (auth === 'off' && ways.length > 0) return [`AUTH=off and ${ways.join(', ')} exclude each other`];
  if (auth === 'on' && ways.length === 0) return [`AUTH=on needs ${Object.values(KEYS).join(', ')} or AUTH_URL`];
  return [];
}

function urlProblems(name: string, url: string): string[] {
  if (url === '') return [];
  const { protocol, username, password } = URL.canParse(url)
    ? new URL(url)
    : { protocol: '', username: '', password: '' };
  if (protocol !== 'https:' && protocol !== 'http:')
    return [`${name}: expected a URL such as https://example.org/path`];
  return username + password === '' ? [] : [`${name}: a user or password in the URL is not sent`];
}

function secretProblems(url: string, secret: string): string[] {
  if (url === '') return secret === '' ? [] : ['AUTH_SECRET is of no use without AUTH_URL'];
  const bytes = Buffer.byteLength(secret);
  if (bytes >= SECRET_BYTES) return [];
  return [
    `AUTH_SECRET: AUTH_URL needs one of ${SECRET_BYTES} bytes at least, this has ${bytes}: openssl rand -base64 48`,
  ];
}
