import { createHmac } from 'node:crypto';
import type { Action, Clock, Logger, Target, User } from '../hub/ports.ts';
import { Refusal } from '../protocol/errors.ts';
import type { Handshake } from '../protocol/handshake.ts';
import type { Identity } from './identity.ts';
import { Verdicts } from './verdicts.ts';

export interface BackendOptions {
  authUrl: string;
  authSecret: string;
  /** Milliseconds that an answer may take. */
  authTimeout: number;
  authCache: number;
  authCacheSize: number;
  clock: Clock;
  logger: Logger;
}

type Answer = Record<string, unknown>;

/** An answer is a few lines of JSON. */
const MAX_ANSWER = 65_536;
/** Questions at once: more would harm a backend that has just become slow. */
const MAX_ASKING = 256;
/** A backend that fails is told of so often at most. */
const COMPLAINT_PAUSE = 1000;

/**
 * The application's backend, asked by HTTP who a client is and what it may do (docs/auth.md). It says no with 401 or 403;
 * whatever else is no answer opens nothing: `unavailable`.
 */
export class Backend {
  readonly #options: BackendOptions;
  readonly #verdicts: Verdicts;
  #asking = 0;
  #complainedAt = Number.NEGATIVE_INFINITY;

  constructor(options: BackendOptions) {
    this.#options = options;
    this.#verdicts = new Verdicts(options);
  }

  /** @throws Refusal `unauthorized`, `forbidden`, `unavailable` */
  async identify({ token, username, userId }: Handshake): Promise<Identity> {
    const answer = await this.#ask(JSON.stringify({ action: 'connect', token, username, userId }));
    const { expiresAt, ...identity } = answer;
    // As `exp` in tokens, and all times of the protocol: seconds.
    const seconds = typeof expiresAt === 'number' ? expiresAt * 1000 : expiresAt;
    return { ...identity, userId: answer['userId'], expiresAt: seconds };
  }

  /** @throws Refusal `unauthorized`, `unavailable` */
  permits({ id }: User, action: Action, target: Target): Promise<boolean> {
    const question = JSON.stringify({ action, userId: id, ...target });
    return this.#verdicts.of(question, () => this.#judge(question));
  }

  async #judge(question: string): Promise<boolean> {
    try {
      const { allow } = await this.#ask(question);
      if (typeof allow !== 'boolean') throw this.#fail('"allow" is neither true nor false');
      return allow;
    } catch (error) {
      if (error instanceof Refusal && error.code === 'forbidden') return false;
      throw error;
    }
  }

  async #ask(question: string): Promise<Answer> {
    if (this.#asking >= MAX_ASKING) throw this.#fail(`${MAX_ASKING} questions wait for their answers`);
    this.#asking += 1;
    try {
      return await this.#post(question);
    } catch (error) {
      throw error instanceof Refusal ? error : this.#fail(reasonOf(error));
    } finally {
      this.#asking -= 1;
    }
  }

  async #post(body: string): Promise<Answer> {
    const { authUrl, authTimeout, authSecret, clock } = this.#options;
    const timestamp = Math.floor(clock.now() / 1000);
    const headers = {
      'Content-Type': 'application/json',
      'Ambos-Timestamp': String(timestamp),
      'Ambos-Signature': signatureOf(authSecret, timestamp, body),
    };
    const signal = AbortSignal.timeout(authTimeout);
    const response = await fetch(authUrl, { method: 'POST', headers, body, signal, redirect: 'manual' });
    const text = await textOf(response);
    if (response.status === 401) throw new Refusal('unauthorized');
    if (response.status === 403) throw new Refusal('forbidden');
    if (response.status !== 200) throw new Error(`it answers ${response.status}`);
    return readAnswer(text);
  }

  #fail(reason: string): Refusal {
    const { clock, logger } = this.#options;
    if (clock.now() >= this.#complainedAt + COMPLAINT_PAUSE) {
      this.#complainedAt = clock.now();
      logger.error(
        { event: 'auth_url_failed', reason },
        `AUTH_URL gives no answer, so nothing is permitted: ${reason}`,
      );
    }
    return new Refusal('unavailable', { retryAfter: 1 });
  }
}

/** By which a backend knows that a question is this server's, and of now. */
export function signatureOf(secret: string, timestamp: number, body: string): string {
  return createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
}

async function textOf({ body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (text.length > MAX_ANSWER) throw new Error('its answer is too long');
  }
  return text;
}

function readAnswer(text: string): Answer {
  const answer = parsed(text);
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer))
    throw new Error('its answer is no JSON object');
  return answer as Answer;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Nothing of what was sent or answered. */
function reasonOf(error: unknown): string {
  const { name, message, cause } = error as Error;
  if (name === 'TimeoutError') return 'it takes too long (AUTH_TIMEOUT)';
  return cause instanceof Error ? cause.message : message;
}
