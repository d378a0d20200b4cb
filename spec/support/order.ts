import { expect } from 'chai';
import { type Message, positionOf } from './messages.ts';

/**
 * That what several clients received, in one life of the server or in more, is of one order: an id is of one message
 * alone, and its date does not go back where N grows.
 */
export function expectOneOrder(messages: readonly Message[]): void {
  expectOneEach(messages.filter(({ id }) => !id.includes('.')));
  const places = messages.map(({ id }) => positionOf(id)).sort((a, b) => Number(a.n - b.n));
  let [n, before, latest] = [-1n, '', ''];
  for (const place of places) {
    if (place.n > n) [n, before] = [place.n, latest];
    if (place.date < before) expect.fail(`N ${place.n} is of ${place.date}, one below it of ${before}`);
    if (place.date > latest) latest = place.date;
  }
}

function expectOneEach(messages: readonly Message[]): void {
  const texts = new Map<string, string>();
  for (const message of messages) {
    const text = JSON.stringify(message);
    expect(texts.get(message.id) ?? text).to.equal(text);
    texts.set(message.id, text);
  }
}
