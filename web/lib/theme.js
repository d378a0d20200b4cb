/** @typedef {'light' | 'dark'} Theme */

const KEY = 'ambos.theme';
const system = matchMedia('(prefers-color-scheme: dark)');

/** @returns {Theme} what the page shows now */
export function theme() {
  const { theme: chosen } = document.documentElement.dataset;
  if (chosen === 'light' || chosen === 'dark') return chosen;
  return system.matches ? 'dark' : 'light';
}

/** Shows a theme and remembers it. @param {Theme} chosen */
export function chooseTheme(chosen) {
  document.documentElement.dataset.theme = chosen;
  try {
    localStorage.setItem(KEY, chosen);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
  document.dispatchEvent(new Event('themechange'));
}

/** Calls back whenever the theme has changed, by the button or by the system. @param {() => void} listener */
export function onTheme(listener) {
  document.addEventListener('themechange', listener);
  system.addEventListener('change', listener);
}

/**
 * The colour that a custom property stands for now. It is read from an element, because a custom property alone reads
 * as it was written (`light-dark(…)`).
 * @param {string} name such as `--ws`
 */
export function colorOf(name) {
  probe.style.color = `var(${name})`;
  return getComputedStyle(probe).color;
}

const probe = document.createElement('span');
probe.hidden = true;
document.body.append(probe);
