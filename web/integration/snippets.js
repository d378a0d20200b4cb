import { codeBlock } from '../lib/code-block.js';
import { h } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { prose } from '../lib/prose.js';
import { Tabs } from '../lib/tabs.js';

/** @typedef {import('../lib/i18n.js').Key} Key */

/** @type {[string, string, Key][]} */
const SNIPPETS = [
  ['JavaScript', 'vanilla.js', 'note_vanilla'],
  ['React', 'react.js', 'note_react'],
  ['Vue', 'vue.js', 'note_vue'],
  ['Angular', 'angular.ts', 'note_angular'],
  ['Socket.IO', 'socketio.js', 'note_socketio'],
];

/** Shows the snippets, which are files of their own, as they would be written for this very host. @param {HTMLElement} place */
export async function showSnippets(place) {
  const tabs = await Promise.all(
    SNIPPETS.map(async ([name, file, note]) => ({ name, panel: panel(name, await load(file), note) })),
  );
  const { row, panels } = new Tabs(t('snippets'), tabs);
  place.append(row, ...panels);
}

/** @param {string} name @param {string} text @param {Key} note */
function panel(name, text, note) {
  return h('div', { class: 'snippet' }, h('p', {}, ...prose(t(note))), codeBlock(text, name));
}

/** @param {string} file */
async function load(file) {
  const text = await (await fetch(`/snippets/${file}`)).text();
  return text
    .replace('// @ts-nocheck\n', '')
    .replaceAll('ws://localhost:3000', location.origin.replace('http', 'ws'))
    .replaceAll('http://localhost:3000', location.origin)
    .trim();
}
