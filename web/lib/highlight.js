// Enough of JavaScript, TypeScript and JSON to make an example easier to read. No parser: what it misses stays plain.
const TOKENS =
  /(?<comment>\/\/.*|\/\*[\s\S]*?\*\/)|(?<key>"(?:\\.|[^"\\])*"(?=\s*:))|(?<string>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|(?<word>\b(?:async|await|class|const|else|export|for|function|if|import|let|new|private|readonly|return|this|true|false|null|undefined)\b)|(?<number>\b\d[\d_]*\b)/g;

/**
 * A text as nodes, its tokens in spans.
 * @param {string} text
 * @returns {(string | HTMLElement)[]}
 */
export function highlight(text) {
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(TOKENS)) {
    nodes.push(text.slice(end, match.index), token(match));
    end = match.index + match[0].length;
  }
  return [...nodes, text.slice(end)];
}

/** @param {RegExpExecArray} match */
function token(match) {
  const [kind] = Object.entries(match.groups ?? {}).find(([, found]) => found !== undefined) ?? ['plain'];
  const span = document.createElement('span');
  span.className = `tok-${kind}`;
  span.append(match[0]);
  return span;
}
