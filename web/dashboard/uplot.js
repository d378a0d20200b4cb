// uPlot asks Intl for the browser's own locale as soon as it is loaded, and dies of one that Intl rejects: some packaged
// browsers report `en-US@posix`.
try {
  new Intl.NumberFormat(navigator.language);
} catch {
  Object.defineProperty(navigator, 'language', { value: 'en-US', configurable: true });
}

/** Loads uPlot; `undefined` where it has not been built. */
export async function loadUPlot() {
  try {
    return (await import('/vendor/uplot.js')).default;
  } catch {
    return undefined;
  }
}
