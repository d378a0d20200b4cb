/** @import { Client, End, Identity, Listener } from './types.d.ts' */

/**
 * Comes in by the raw WebSocket: one message is one text frame.
 * @param {Identity} identity
 * @param {Listener} listener
 * @returns {Client}
 */
export function openRaw(identity, listener) {
  const url = rawUrl(identity);
  const { token } = identity;
  // Not in the URL, which others may log.
  const socket = new WebSocket(url, token ? ['ambos', `bearer.${token}`] : []);
  let opened = false;
  const sendText = (/** @type {string} */ text) => {
    listener.frame('out', text);
    socket.send(text);
  };
  socket.onopen = () => {
    opened = true;
    listener.opened();
  };
  socket.onmessage = ({ data }) => {
    listener.frame('in', data);
    listener.message(JSON.parse(data));
  };
  socket.onclose = async ({ code, reason }) => {
    listener.closed(opened ? { code, reason, final: code >= FIRST_FINAL } : await whyRefused(url, token));
  };
  return { send: (request) => sendText(JSON.stringify(request)), sendText, close: () => hangUp(socket) };
}

/** @param {WebSocket} socket @returns {Promise<void>} */
function hangUp(socket) {
  return new Promise((resolve) => {
    socket.addEventListener('close', () => resolve());
    if (socket.readyState === WebSocket.CLOSED) resolve();
    socket.close(1000);
  });
}

/** The address of `/ws` on this very host. @param {Partial<Identity>} identity */
export function rawUrl({ username, userId, rooms = [], session, lastId }) {
  const url = new URL('/ws', location.href);
  url.protocol = location.protocol.replace('http', 'ws');
  if (username) url.searchParams.set('username', username);
  if (userId) url.searchParams.set('userId', userId);
  for (const room of rooms) url.searchParams.append('room', room);
  if (session !== undefined) url.searchParams.set('session', session);
  if (lastId) url.searchParams.set('lastId', lastId);
  return url.href;
}

/** From this close code on a client must not come back by itself. */
const FIRST_FINAL = 4500;
/** With these answers it is the client that is at fault. */
const FINAL = [400, 401, 403];

/**
 * A browser cannot read why an upgrade failed; a plain GET of the same address is told.
 * @param {string} url
 * @param {string} [token]
 * @returns {Promise<End>}
 */
async function whyRefused(url, token) {
  try {
    const headers = new Headers(token ? { Authorization: `Bearer ${token}` } : {});
    const response = await fetch(url.replace('ws', 'http'), { headers });
    const { error } = await response.json();
    const { status } = response;
    return { reason: error.message, final: FINAL.includes(status), unauthorized: status === 401 };
  } catch {
    return { reason: '', unreachable: true, final: false };
  }
}
