import type { Page } from 'playwright-core';

/** Where the focus was. */
export interface Focus {
  /** The tag and the accessible name, such as `button Send`. */
  name: string;
  /** Did the page show it, there or at what stands for it, and inside the window? */
  seen: boolean;
}

/** A page with more stops than these has a trap. */
const MOST = 300;

/** Presses Tab until the focus leaves the page, and tells where it was. */
export async function tabThrough(page: Page): Promise<Focus[]> {
  const stops: Focus[] = [];
  while (stops.length < MOST) {
    await page.keyboard.press('Tab');
    const focus = (await page.evaluate(FOCUS)) as Focus | null;
    if (!focus) return stops;
    stops.push(focus);
  }
  throw new Error(`the focus does not leave the page: ${stops.slice(-5).map(({ name }) => name)}`);
}

// As text, for the specs are compiled without the types of a browser. It ends at the second time at the same element.
const FOCUS = `(() => {
  const element = document.activeElement;
  if (!element || element === document.body || element.dataset.tabbed) return null;
  element.dataset.tabbed = 'yes';
  const text = element.getAttribute('aria-label') ??
    (element.matches('input, select, textarea') ? element.labels[0]?.textContent : element.textContent);
  const shows = (one) => {
    if (!one) return false;
    const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(one);
    const { width, height, bottom, top } = one.getBoundingClientRect();
    const inked = outlineStyle !== 'none' && parseFloat(outlineWidth) > 0 && !/, 0\\)$|transparent/.test(outlineColor);
    return inked && width > 1 && height > 1 && bottom > 0 && top < innerHeight;
  };
  return {
    name: element.localName + ' ' + (text ?? '').trim().replace(/\\s+/g, ' '),
    seen: shows(element) || (element.matches('input[type=radio]') && shows(element.nextElementSibling)),
  };
})()`;
