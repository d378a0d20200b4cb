import { integer } from './format.js';
import { t } from './i18n.js';
import { Rates } from './rates.js';

/** @import { Stats } from './types.d.ts' */

/**
 * Puts the picture of the hub into the page and lets it live: the roads of a door flow while somebody is connected by
 * it, and the hub beats when messages come in.
 * @param {HTMLElement} place
 */
export async function showPicture(place) {
  const text = await (await fetch('/hub.svg')).text();
  const picture = document.importNode(new DOMParser().parseFromString(text, 'image/svg+xml').documentElement, true);
  picture.setAttribute('aria-label', t('picture'));
  for (const unit of picture.querySelectorAll('[data-unit]'))
    unit.append(t(unit.getAttribute('data-unit') === 'users' ? 'pic_users' : 'pic_connections'));
  place.append(picture);
  const rates = new Rates();
  return (/** @type {Stats} */ stats) => {
    rates.take(stats);
    write(picture, 'ws', stats.transports['ws']?.current_connections ?? 0);
    write(picture, 'socketio', stats.transports['socketio']?.current_connections ?? 0);
    write(picture, 'users', stats.active_users);
    picture.classList.toggle('beating', (rates.received ?? 0) > 0);
  };
}

/** @param {HTMLElement} picture @param {string} name @param {number} n */
function write(picture, name, n) {
  picture.querySelector(`[data-figure=${name}]`)?.replaceChildren(integer(n));
  picture.classList.toggle(`${name}-alive`, n > 0);
}
