import { Connection } from '../lib/connection.js';
import { h } from '../lib/dom.js';
import { mark, NAMES } from '../lib/doors.js';
import { t } from '../lib/i18n.js';
import { Tabs } from '../lib/tabs.js';
import { Composer } from './composer.js';
import { Conversation } from './conversation.js';
import { Frames } from './frames.js';
import { People } from './people.js';
import { Proof } from './proof.js';
import { GENERAL, Rooms } from './rooms.js';
import { Tally } from './tally.js';

/** @import { Door, End, Message, Person, Request } from '../lib/types.d.ts' */
/** @import { State } from '../lib/connection.js' */
/** @import { Crew } from './crew.js' */

/**
 * @typedef {object} PaneOptions
 * @property {Door} door
 * @property {string} username
 * @property {string} userId
 * @property {string[]} rooms those to be in from the start; the last one is looked at
 * @property {string} [session] where a page that was left has got to
 * @property {string | undefined} [lastId]
 * @property {unknown} [tally]
 * @property {Crew} crew
 * @property {() => void} closed
 */

/** One user of the test client: a connection, and everything that can be done and seen with it. */
export class Pane {
  #options;
  #connection;
  #state = h('p', { class: 'state', role: 'status' });
  #name = h('input', { maxlength: 200, autocomplete: 'off' });
  #rename = h('button', { class: 'quiet' }, t('rename'));
  #token = h('input', { autocomplete: 'off', spellcheck: 'false' });
  #tokenLabel = h('label', { hidden: true }, t('token'), this.#token);
  #switch = h('button', { type: 'button', class: 'plain', onclick: () => this.#cutOrMend() });
  #frames = new Frames();
  #people;
  #conversation;
  #rooms;
  #composer;
  #tally;
  #proof;
  /** @type {string | undefined} the room whose list will be the answer to one's own join */
  #joining;
  #pinged = 0;
  #heard = false;

  /** @param {PaneOptions} options */
  constructor(options) {
    const { door, crew, session = '' } = options;
    this.#options = options;
    this.#connection = new Connection(
      door,
      { ...options, session },
      {
        state: (state, end) => this.#show(state, end),
        message: (message) => this.#take(message),
        frame: (direction, text) => this.#frames.add(direction, text),
        buried: (end) => this.#proof.bury(end),
      },
    );
    this.#tally = options.tally ? Tally.from(options.tally) : new Tally();
    this.#proof = new Proof({
      connection: this.#connection,
      tally: this.#tally,
      room: () => this.#rooms.current,
      changed: () => this.#enable(),
    });
    this.#people = new People({
      crew,
      self: () => this.#connection.userId,
      write: (person) => this.#composer.writeTo(person),
      changed: () => this.#readdress(),
    });
    this.#conversation = new Conversation({ crew, nameOf: (id) => this.#people.nameOf(id) });
    this.#composer = new Composer({
      door,
      send: (request) => this.#send(request),
      sendText: (text) => this.#connection.sendText(text),
    });
    this.#rooms = new Rooms({
      select: (room) => this.#look(room),
      join: (room) => this.#join(room),
      leave: (room) => this.#send({ type: 'leave', room }),
    });
    this.element = this.#build();
    for (const room of options.rooms) this.#rooms.add(room);
    this.#rooms.select(options.rooms.at(-1) ?? GENERAL);
    crew.add(this.#connection);
    this.#name.value = options.username;
    void this.#connection.connect();
  }

  /** What the next page needs to go on from here. */
  toJSON() {
    const { door, userId } = this.#options;
    const { username, session, lastId, rooms } = this.#connection;
    return { door, userId, username, session, lastId, rooms: [...rooms], tally: this.#tally };
  }

  close() {
    this.#connection.cut();
    this.#proof.close();
    this.#options.crew.delete(this.#connection);
    this.element.remove();
    this.#options.closed();
  }

  // --- what it looks like ---

  #build() {
    const { door } = this.#options;
    const title = h('h2', {}, mark(door), NAMES[door]);
    const close = { type: 'button', class: 'quiet close', 'aria-label': t('close_pane'), title: t('close_pane') };
    const { row, panels } = new Tabs(t('views'), [
      { name: t('conversation'), panel: h('div', { class: 'talk' }, this.#conversation.element, this.#people.element) },
      { name: t('frames'), panel: this.#frames.element, extra: this.#frames.badge },
    ]);
    return h(
      'article',
      { class: `pane ${door}`, 'aria-label': NAMES[door] },
      h('header', {}, title, this.#state, this.#switch, h('button', { ...close, onclick: () => this.close() }, '×')),
      h('div', { class: 'forms' }, this.#nameForm(), this.#rooms.form),
      this.#rooms.element,
      this.#proof.element,
      h('div', { class: 'views' }, row, this.#frames.counters),
      ...panels,
      this.#composer.element,
    );
  }

  #nameForm() {
    const rename = (/** @type {Event} */ event) => {
      event.preventDefault();
      this.#connection.username = this.#name.value;
      this.#connection.token = this.#token.value.trim();
      void this.#connection.connect();
    };
    return h(
      'form',
      { class: 'name', onsubmit: rename },
      h('label', {}, t('name'), this.#name),
      this.#tokenLabel,
      this.#rename,
    );
  }

  /** @param {State} state @param {End} [end] */
  #show(state, end) {
    this.element?.setAttribute('data-state', state);
    const reason = end && [end.code, end.reason].filter(Boolean).join(' ');
    const words = h('span', {}, t(`state_${state}`), reason && ': ', reason && h('bdi', {}, reason));
    this.#state.replaceChildren(words);
    // Most servers one tries have no use for it.
    if (end?.unauthorized) this.#tokenLabel.hidden = false;
    const on = state === 'open' || state === 'connecting';
    this.#switch.replaceChildren(t(on ? 'cut' : 'mend'));
    if (state === 'open') this.#composer.clearProblem();
    if (state !== 'open' && this.#heard) this.#conversation.note(t('note_gone'));
    this.#heard = state === 'open';
    this.#proof.enterState(state);
    this.#enable();
  }

  /** One that does not read what comes does not write, either. */
  #enable() {
    const { slow } = this.#proof;
    this.#composer?.enable(this.#connection.state === 'open' && !slow);
    this.#switch.disabled = slow;
    this.#rename.disabled = slow;
  }

  /** What was said without us follows, or the conversation tells that it has a gap. @param {Message} list */
  #noteReturn({ recovered, replayed = 0, reason = '' }) {
    if (recovered === undefined) return;
    this.#conversation.note(recovered ? t('note_back', { n: replayed }) : t('note_gap', { reason }));
  }

  #readdress() {
    this.#composer.address(this.#rooms.current, this.#people.others);
  }

  /** @param {string} room */
  #look(room) {
    this.#people.show(room);
    this.#conversation.show(room);
    this.#readdress();
  }

  // --- what its user does ---

  #cutOrMend() {
    const { state } = this.#connection;
    if (state === 'open' || state === 'connecting') this.#connection.cut();
    else void this.#connection.connect();
  }

  /** @param {string} room */
  #join(room) {
    this.#joining = room;
    this.#send({ type: 'join', room });
  }

  /** @param {Request} request */
  #send(request) {
    this.#composer.clearProblem();
    if (request.type === 'heartbeat') this.#pinged = performance.now();
    this.#connection.send(request);
  }

  // --- what the server says ---

  /** @param {Message} message */
  #take(message) {
    const room = message.room ?? GENERAL;
    if (this.#proof.take(message)) return;
    this.#takers.get(message.type)?.(message, room);
  }

  /** @type {Map<string, (message: Message, room: string) => void>} */
  #takers = new Map(
    Object.entries({
      user_list: (message, room) => this.#listed(message, room),
      user_joined: (message, room) => {
        this.#people.joined(room, personOf(message));
        this.#conversation.note(message.content, room);
      },
      user_left: (message, room) => this.#left(message, room),
      chat: (message, room) => this.#said(message, room),
      notification: (message, room) => this.#said(message, room),
      system: (message) => this.#conversation.note(message.content),
      heartbeat: ({ content }) => this.#conversation.pong(content, performance.now() - this.#pinged),
      ack: ({ data }) => this.#conversation.confirm(Object(data).id, Object(data).duplicate === true),
      error: (message) => this.#composer.fail(message),
    }),
  );

  /** @param {Message} message @param {string} room */
  #listed(message, room) {
    this.#noteReturn(message);
    const self = /** @type {Person[]} */ (message.data)[0];
    // Whoever gives no name is given one; with a token the server knows who one is.
    if (self) Object.assign(this.#connection, { username: self.username, userId: self.id });
    this.#people.list(room, message);
    if (self && document.activeElement !== this.#name) this.#name.value = self.username;
    if (room !== GENERAL) this.#connection.rooms.add(room);
    this.#rooms.add(room);
    if (this.#joining === room) this.#rooms.select(room);
    this.#joining = undefined;
  }

  /** @param {Message} message @param {string} room */
  #left(message, room) {
    const { id } = personOf(message);
    if (id !== this.#connection.userId) {
      this.#people.left(room, id);
      return this.#conversation.note(message.content, room);
    }
    // Only the one who leaves a room is told of its own going.
    this.#connection.rooms.delete(room);
    this.#rooms.remove(room);
  }

  /** @param {Message} message @param {string} room */
  #said(message, room) {
    this.#conversation.add(message);
    if (!message.to) this.#rooms.touch(room);
  }
}

/** @param {Message} message @returns {Person} */
function personOf({ data }) {
  const { userId, username } = /** @type {{ userId: string, username: string }} */ (data);
  return { id: userId, username };
}
