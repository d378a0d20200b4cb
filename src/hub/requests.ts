import { Refusal } from '../protocol/errors.ts';
import type { Body, Inbound } from '../protocol/message.ts';
import type { Locale } from '../protocol/texts.ts';
import { Answers } from './answers.ts';
import { type Desk, handlerOf } from './handlers.ts';
import type { Authorize, Logger, Request } from './ports.ts';
import type { Session } from './session.ts';
import type { Stats } from './stats.ts';

export interface RequestsOptions {
  authorize: Authorize;
  logger: Logger;
  locale: Locale;
  limits: { maxMessageBytes: number };
  desk: Desk;
  stats: Stats;
  /** Looks at another token of the session's user. */
  renew(session: Session, token: string): Promise<boolean>;
  /** Sends to one session what takes no place in the order. */
  reply(session: Session, body: Body): void;
  /** Ends a session that went on asking for more than it may. */
  expel(session: Session): void;
}

/** What clients ask for, from its arrival up to the log: the one place where a refusal becomes an answer. */
export class Requests {
  readonly #options: RequestsOptions;
  readonly #answers: Answers;

  constructor(options: RequestsOptions) {
    this.#options = options;
    this.#answers = new Answers({ ...options, refused: ({ code }) => options.stats.refused(code) });
  }

  /** Takes one request of a client. */
  receive(session: Session, request: Request): void {
    if (session.gone || session.kicked) return;
    this.#options.stats.arrived();
    const wait = session.budget.take();
    try {
      this.#checkSize(request.bytes);
      if (wait > 0) throw new Refusal('rate_limited', { retryAfter: Math.max(1, Math.ceil(wait)) });
      if (session.inbox.full) this.#hold(session);
      session.inbox.push(() => this.#process(session, request), request.bytes);
    } catch (error) {
      this.#turnAway(session, request, error);
    }
  }

  #checkSize(bytes: number): void {
    const { maxMessageBytes } = this.#options.limits;
    if (bytes > maxMessageBytes) throw new Refusal('too_large', { detail: 'size', value: maxMessageBytes });
  }

  /** Nothing more is read of it until its inbox has room; what polling brings can only be refused. */
  #hold(session: Session): void {
    const { inbox, transport, budget } = session;
    if (!transport.pause(session)) throw new Refusal('rate_limited', { retryAfter: 1 });
    inbox.whenRoom(() => {
      budget.catchUp();
      transport.resume(session);
    });
  }

  #turnAway(session: Session, request: Request, error: unknown): void {
    // What comes behind that which ended it is not worth an answer.
    if (session.ending && session.budget.overdrawn) return;
    this.#answers.refuse(session, request, undefined, error);
    if (session.budget.overdrawn) this.#options.expel(session);
  }

  #process(session: Session, request: Request): void | Promise<void> {
    if (session.gone || session.kicked) return;
    let inbound: Inbound | undefined;
    try {
      inbound = request.decode();
      this.#options.stats.received(session.transport.name, inbound.type);
      const allowed = this.#permit(session, inbound);
      if (typeof allowed === 'boolean') return this.#handle(session, request, inbound, allowed);
      return this.#handleLater(session, request, inbound, allowed);
    } catch (error) {
      this.#answers.refuse(session, request, inbound, error);
    }
  }

  /** A good token is its own permission, and what comes behind it is judged by what that permits. */
  #permit(session: Session, inbound: Inbound): boolean | Promise<boolean> {
    if (inbound.type === 'auth') return this.#options.renew(session, inbound.token ?? '');
    return this.#options.authorize(session.user, actionOf(inbound), inbound);
  }

  async #handleLater(session: Session, request: Request, inbound: Inbound, allowed: Promise<boolean>): Promise<void> {
    try {
      this.#handle(session, request, inbound, await allowed);
    } catch (error) {
      this.#answers.refuse(session, request, inbound, error);
    }
  }

  /** Runs the handler up to the log's queue; the answer hangs on its promise and holds nobody up. */
  #handle(session: Session, request: Request, inbound: Inbound, allowed: boolean): void {
    if (session.gone || session.kicked) return;
    if (!allowed) throw new Refusal('forbidden');
    handlerOf(inbound)(this.#options.desk, session, inbound).then(
      (receipt) => this.#answers.confirm(session, request, inbound, receipt),
      (error) => this.#answers.refuse(session, request, inbound, error),
    );
  }
}

function actionOf({ type }: Inbound): 'join' | 'read' | 'send' {
  if (type === 'join') return 'join';
  return type === 'user_list' ? 'read' : 'send';
}
