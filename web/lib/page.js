import { find, h, svg } from './dom.js';
import { hrefIn, lang, localHref, t, translate } from './i18n.js';
import { chooseTheme, onTheme, theme } from './theme.js';

/** @typedef {import('./i18n.js').Key} Key */

/** @type {[string, Key][]} */
const PLACES = [
  ['/', 'nav_home'],
  ['/websocket', 'nav_integration'],
  ['/ws/test', 'nav_test'],
  ['/ws/dashboard', 'nav_dashboard'],
];

/** Dresses a page: its language, its title, what all pages share above and below. @param {Key} title */
export function openPage(title) {
  translate();
  document.documentElement.lang = lang;
  document.title = title === 'nav_home' ? 'Ambos' : `${t(title)} · Ambos`;
  document.body.prepend(
    h('a', { class: 'skip', href: '#main' }, t('skip')),
    h('header', { class: 'top' }, brand(), navigation(), h('div', { class: 'tools' }, languageSwitch(), themeButton())),
  );
  document.body.append(footer());
  for (const link of document.querySelectorAll('a[data-local]')) {
    link.setAttribute('href', localHref(link.getAttribute('href') ?? '/'));
  }
  find('main', HTMLElement).tabIndex = -1;
}

function brand() {
  const logo = svg('svg', { class: 'logo', viewBox: '0 0 40 28', 'aria-hidden': 'true' }, ...discs());
  return h('a', { class: 'brand', href: localHref('/') }, logo, 'Ambos');
}

/** Two inks and, where they overlap, the third. */
function discs() {
  return [
    svg('circle', { cx: 14, cy: 14, r: 12, class: 'disc ws' }),
    svg('circle', { cx: 26, cy: 14, r: 12, class: 'disc socketio' }),
    svg('path', { d: 'M20 3.61a12 12 0 0 1 0 20.78a12 12 0 0 1 0-20.78z', class: 'disc hub' }),
  ];
}

function navigation() {
  const here = location.pathname.replace(/\.html$/, '').replace(/\/index$/, '/');
  const link = (/** @type {[string, Key]} */ [path, key]) =>
    h('a', { href: localHref(path), 'aria-current': path === here ? 'page' : undefined }, t(key));
  return h('nav', { 'aria-label': t('nav') }, ...PLACES.map(link));
}

/** The name of a language is written in that language. */
function languageSwitch() {
  const [other, short, rest] =
    lang === 'es' ? /** @type {const} */ (['en', 'EN', 'English']) : /** @type {const} */ (['es', 'ES', 'Español']);
  const name = h('span', { class: 'offscreen' }, ` ${rest}`);
  const link = h('a', { class: 'tool', lang: other, hreflang: other, title: rest, href: hrefIn(other) }, short, name);
  // The address may have changed since, as by a link to a chapter.
  link.addEventListener('click', () => link.setAttribute('href', hrefIn(other)));
  return link;
}

function themeButton() {
  const moon = svg('path', { class: 'moon', d: 'M13.5 9.8A6 6 0 1 1 6.2 2.5a4.8 4.8 0 0 0 7.3 7.3z' });
  const icon = svg('svg', { viewBox: '0 0 16 16', 'aria-hidden': 'true' }, moon);
  const label = t('dark_theme');
  const button = h('button', { type: 'button', class: 'tool', 'aria-label': label, title: label }, icon);
  const show = () => button.setAttribute('aria-pressed', String(theme() === 'dark'));
  button.addEventListener('click', () => chooseTheme(theme() === 'dark' ? 'light' : 'dark'));
  onTheme(show);
  show();
  return button;
}

function footer() {
  return h(
    'footer',
    { class: 'bottom' },
    h('p', {}, t('footer')),
    h(
      'p',
      {},
      h('a', { href: '/ws/stats' }, '/ws/stats'),
      ' · ',
      h('a', { href: '/healthz' }, '/healthz'),
      ' · ',
      h('a', { href: '/readyz' }, '/readyz'),
    ),
  );
}
