import { find } from './lib/dom.js';
import { showFigures } from './lib/figures.js';
import { openPage } from './lib/page.js';
import { showPicture } from './lib/picture.js';

openPage('nav_home');
const picture = find('picture', HTMLElement);
const onStats = await showPicture(picture);
const onLive = (/** @type {boolean} */ live) => picture.classList.toggle('stale', !live);
showFigures(find('figures', HTMLElement), { onStats, onLive });
