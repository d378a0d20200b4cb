import { orderOf } from './tally.js';

/** @import { Message } from '../lib/types.d.ts' */

/** @typedef {{ room: string, username: string, userId: string, token: string }} Reading whose rooms are read, and as whom */

/** Small: they may be large messages. */
const PAGE = 50;

/**
 * What the server has stored of a room, page by page.
 * @param {Reading & { after: string, upTo: string }} wanted both ends are ids
 * @returns {AsyncGenerator<Message[]>}
 * @throws Error with the words of the server
 */
export async function* storedMessages({ upTo, ...query }) {
  for (let more = true; more; ) {
    const { messages, more: another } = await read({ ...query, limit: PAGE });
    yield messages;
    query.after = messages.at(-1)?.id ?? query.after;
    more = another && orderOf(query.after) < orderOf(upTo);
  }
}

/** The N of the newest message that the server has stored of a room. @param {Reading} reading @throws Error as above */
export async function newestOrder(reading) {
  const { messages } = await read({ ...reading, limit: 1 });
  return Math.max(0, ...messages.map(({ id }) => orderOf(id)));
}

/** @param {Record<string, string | number>} query @returns {Promise<{ messages: Message[], more: boolean }>} */
async function read({ token, ...query }) {
  const text = Object.entries(query).map(([key, value]) => [key, String(value)]);
  const headers = new Headers(token ? { Authorization: `Bearer ${token}` } : {});
  const response = await fetch(`/ws/history?${new URLSearchParams(text)}`, { headers });
  const { error, ...page } = await response.json();
  if (error) throw new Error(error.message);
  return page;
}
