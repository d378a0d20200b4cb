import { copy } from './clipboard.js';
import { h } from './dom.js';
import { highlight } from './highlight.js';
import { t } from './i18n.js';

/**
 * Code with a button that copies it.
 * @param {string} text
 * @param {string} label what it is, for those who don't see it
 */
export function codeBlock(text, label) {
  const button = h('button', { type: 'button', class: 'copy quiet', onclick: () => void say() }, t('copy'));
  const said = h('span', { class: 'offscreen', role: 'status' });
  const say = async () => {
    const done = t((await copy(text)) ? 'copied' : 'copy_failed');
    button.textContent = done;
    said.textContent = done;
    setTimeout(() => button.replaceChildren(t('copy')), 1600);
  };
  // Focusable, so that long lines can be scrolled by keyboard.
  const pre = h('pre', { tabindex: 0, role: 'group', 'aria-label': label }, h('code', {}, ...highlight(text)));
  return h('div', { class: 'code' }, pre, button, said);
}
