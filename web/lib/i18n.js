import en from '../i18n/en.js';
import es from '../i18n/es.js';
import { prose } from './prose.js';

/** @typedef {keyof typeof es} Key */
/** @typedef {'es' | 'en'} Lang */

const WORDS = { es, en };
const asked = new URLSearchParams(location.search).get('lang');

/** The language of the page. */
export const lang = choose([asked, navigator.language]);

/**
 * A text in the page's language, with its values in place.
 * @param {Key} key
 * @param {Record<string, string | number>} [values]
 */
export function t(key, values = {}) {
  return WORDS[lang][key].replace(/\{(\w+)\}/g, (hole, name) => String(values[name] ?? hole));
}

/**
 * Writes the texts of the HTML: where it says `data-t`, the content is the name of a text; `data-t-label` names the
 * accessible name. The names of the protocols get their colours.
 */
export function translate() {
  for (const element of document.querySelectorAll('[data-t]')) {
    element.replaceChildren(...prose(t(keyOf(element.textContent))));
    // Hidden until now: names are not for reading.
    element.removeAttribute('data-t');
  }
  for (const element of document.querySelectorAll('[data-t-label]')) {
    element.setAttribute('aria-label', t(keyOf(element.getAttribute('data-t-label'))));
  }
}

/** A link within the site: a language that was asked for stays asked for. @param {string} path */
export function localHref(path) {
  return asked === lang ? `${path}?lang=${lang}` : path;
}

/** This very page in another language. @param {Lang} other */
export function hrefIn(other) {
  const url = new URL(location.href);
  url.searchParams.set('lang', other);
  return url.href;
}

/** @param {(string | null)[]} wishes @returns {Lang} */
function choose(wishes) {
  for (const wish of wishes) {
    const short = wish?.slice(0, 2).toLowerCase();
    if (short === 'es' || short === 'en') return short;
  }
  return 'es';
}

/** @param {string | null} name @returns {Key} */
function keyOf(name) {
  const key = name?.trim() ?? '';
  if (!Object.hasOwn(es, key)) throw new Error(`no text called "${key}"`);
  return /** @type {Key} */ (key);
}
