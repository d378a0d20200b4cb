import { type Refusal, toRefusal } from '../protocol/errors.ts';
import { type Body, type Inbound, SYSTEM } from '../protocol/message.ts';
import type { Locale } from '../protocol/texts.ts';
import type { Logger, Receipt, Request } from './ports.ts';
import type { Session } from './session.ts';

export interface AnswersOptions {
  logger: Logger;
  locale: Locale;
  /** Sends to one session what takes no place in the order. */
  reply(session: Session, body: Body): void;
  /** A request was refused. */
  refused(refusal: Refusal): void;
}

/** What becomes of a request, told to who made it: by its callback, else as an `ack` or `error` of its own. */
export class Answers {
  readonly #options: AnswersOptions;

  constructor(options: AnswersOptions) {
    this.#options = options;
  }

  confirm(session: Session, request: Request, { clientMsgId }: Inbound, receipt: Receipt): void {
    const { id, timestamp, duplicate } = receipt;
    const facts = { id, timestamp, ...(duplicate && { duplicate }) };
    if (request.answer) return request.answer({ ok: true, ...facts });
    if (clientMsgId === undefined) return;
    const body: Body = { type: 'ack', content: '', from: SYSTEM, data: { clientMsgId, ...facts } };
    const send = () => this.#options.reply(session, body);
    // After the echo, also where that is still to be read from the log.
    if (session.behindAt !== undefined && receipt.n > session.behindAt) session.hold(receipt, send);
    else send();
  }

  /** @param inbound the request, where it could be read */
  refuse(session: Session, request: Request, inbound: Inbound | undefined, error: unknown): void {
    const { logger, locale, refused, reply } = this.#options;
    const refusal = toRefusal(error);
    if (refusal.code === 'internal') logger.error({ err: error }, 'request failed');
    refused(refusal);
    const content = refusal.text(locale);
    if (request.answer) return request.answer({ ok: false, error: { ...refusal.data(), message: content } });
    const clientMsgId = inbound?.clientMsgId ?? refusal.clientMsgId;
    const data = { ...refusal.data(), ...(clientMsgId !== undefined && { clientMsgId }) };
    reply(session, { type: 'error', content, from: SYSTEM, data });
  }
}
