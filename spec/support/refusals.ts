import { expect } from 'chai';
import { type Detail, type ErrorCode, Refusal } from '../../src/protocol/errors.ts';
import { LOCALES } from '../../src/protocol/texts.ts';

/** The refusal that something throws. Anything else that happens is a fault of the spec's subject. */
export function refusalOf(attempt: () => unknown): Refusal {
  let result: unknown;
  try {
    result = attempt();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error(`nothing was refused: ${JSON.stringify(result)}`);
}

/** The refusal that a promise rejects with. */
export async function refusalFrom(attempt: Promise<unknown>): Promise<Refusal> {
  const result = await attempt.then(
    (value) => () => value,
    (error) => () => {
      throw error;
    },
  );
  return refusalOf(result);
}

/** Holds a refusal to its code and, by what it says in each language, to its detail. */
export function expectRefusal(refusal: Refusal, code: ErrorCode, detail?: Detail, value?: string | number): void {
  const expected = new Refusal(code, { detail, value });
  for (const locale of LOCALES) expect(refusal.text(locale)).to.equal(expected.text(locale));
  expect(refusal.code).to.equal(code);
}
