import { h } from '../lib/dom.js';
import { bytes, sizeOf } from '../lib/format.js';
import { t } from '../lib/i18n.js';

const EXAMPLE = { type: 'chat', content: 'Hola', data: { n: 1 } };

/** A message written by hand, checked while it is written. */
export class JsonEditor {
  #area = h('textarea', { rows: 5, spellcheck: 'false', autocapitalize: 'off', 'aria-label': t('json_label') });
  #verdict = h('output', { class: 'verdict' });
  #judged;

  /** @param {(valid: boolean) => void} judged */
  constructor(judged) {
    this.#judged = judged;
    this.#area.value = JSON.stringify(EXAMPLE, null, 2);
    this.#area.addEventListener('input', () => this.judge());
    this.#area.addEventListener('keydown', submitByKey);
    this.element = h('div', { class: 'json-editor' }, this.#area, this.#verdict);
  }

  get text() {
    return this.#area.value;
  }

  judge() {
    const problem = problemOf(this.text);
    const words =
      problem === undefined ? t('json_valid', { size: bytes(sizeOf(this.text)) }) : t('json_invalid', { problem });
    this.#area.setAttribute('aria-invalid', String(problem !== undefined));
    this.#verdict.replaceChildren(words);
    this.#judged(problem === undefined);
  }

  focus() {
    this.#area.focus();
  }
}

/** @param {string} text */
function problemOf(text) {
  try {
    JSON.parse(text);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** @param {KeyboardEvent} event */
function submitByKey(event) {
  if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  if (event.target instanceof HTMLTextAreaElement) event.target.form?.requestSubmit();
}
