/** @import { Request } from '../lib/types.d.ts' */
/** @typedef {import('../lib/i18n.js').Key} Key */
/** @typedef {{ room: string, other: string }} Scene the room of the page, and the userId of its other connection */

/**
 * A type of message as the page shows it.
 * @typedef {object} Example
 * @property {string} name
 * @property {Key} words
 * @property {Key} action what the button says
 * @property {'both' | 'server'} from who may send it
 * @property {string[]} shows the types that belong to the answer
 * @property {(scene: Scene) => Request} [request] what the button sends
 * @property {boolean} [callback] shows Socket.IO's callback
 * @property {'joined' | 'left'} [guest] instead of sending, a guest comes (and goes)
 * @property {(scene: Scene) => object} [sample] for what only the server sends: such a message
 */

const message = (/** @type {object} */ own) => ({
  content: '',
  from: 'system',
  timestamp: 1_767_225_600,
  id: '20260101000000-42',
  data: null,
  ...own,
});

/** @type {Example[]} */
export const EXAMPLES = [
  {
    name: 'chat',
    words: 'type_chat',
    action: 'send_it',
    from: 'both',
    shows: ['chat', 'error'],
    request: ({ room }) => ({ type: 'chat', content: '¡Hola!', room }),
  },
  {
    name: 'notification',
    words: 'type_notification',
    action: 'send_it',
    from: 'both',
    shows: ['notification', 'error'],
    request: ({ room }) => ({ type: 'notification', room, data: { level: 'info' } }),
  },
  {
    name: 'chat + to',
    words: 'type_direct',
    action: 'send_it',
    from: 'both',
    shows: ['chat', 'error'],
    request: ({ other }) => ({ type: 'chat', content: '¡Psst!', to: other }),
  },
  {
    name: 'heartbeat',
    words: 'type_heartbeat',
    action: 'send_it',
    from: 'both',
    shows: ['heartbeat', 'error'],
    request: () => ({ type: 'heartbeat', content: 'ping' }),
  },
  {
    name: 'user_list',
    words: 'type_user_list',
    action: 'send_it',
    from: 'both',
    shows: ['user_list', 'error'],
    request: ({ room }) => ({ type: 'user_list', room }),
  },
  {
    name: 'join',
    words: 'type_join',
    action: 'send_it',
    from: 'both',
    shows: ['user_list', 'user_joined', 'error'],
    request: ({ room }) => ({ type: 'join', room: `${room}/2` }),
  },
  {
    name: 'leave',
    words: 'type_leave',
    action: 'send_it',
    from: 'both',
    shows: ['user_left', 'error'],
    request: ({ room }) => ({ type: 'leave', room: `${room}/2` }),
  },
  {
    name: 'auth',
    words: 'type_auth',
    action: 'send_it',
    from: 'both',
    shows: ['ack', 'error'],
    request: () => ({ type: 'auth', token: 'token', clientMsgId: 'a-1' }),
  },
  {
    name: 'ack',
    words: 'type_ack',
    action: 'send_it',
    from: 'server',
    shows: ['chat', 'ack', 'error'],
    callback: true,
    request: ({ room }) => ({
      type: 'chat',
      content: '¿?',
      room,
      clientMsgId: 'm-1',
    }),
  },
  {
    name: 'error',
    words: 'type_error',
    action: 'send_wrong',
    from: 'server',
    shows: ['error'],
    request: () => ({ type: 'Chat', content: '…' }),
  },
  {
    name: 'user_joined',
    words: 'type_user_joined',
    action: 'bring_guest',
    from: 'server',
    shows: ['user_joined'],
    guest: 'joined',
    sample: ({ room }) => ({
      type: 'user_joined',
      ...message({ content: '…', data: { username: 'Eva', userId: 'user_456' }, room }),
    }),
  },
  {
    name: 'user_left',
    words: 'type_user_left',
    action: 'bring_guest',
    from: 'server',
    shows: ['user_left'],
    guest: 'left',
    sample: ({ room }) => ({
      type: 'user_left',
      ...message({ content: '…', data: { username: 'Eva', userId: 'user_456' }, room }),
    }),
  },
  {
    name: 'system',
    words: 'type_system',
    action: 'send_forbidden',
    from: 'server',
    shows: ['system', 'error'],
    request: () => ({ type: 'system', content: '…' }),
  },
];
