// Each looks ahead only so far: a line may hold what a stranger has written, and must not cost the square of its length.

/** Parameters of a URL whose values open doors. */
const PARAMETER =
  /([?&](?:[\w-]{0,40}token|session|passphrase|password|secret|api_?key|key|jwt|signature|authorization)=)(?:\\[^"nrt]|[^&\s"\\])+/gi;
/** The same, as keys of an object that is shown as JSON, also where that JSON is itself in a text. */
const KEY =
  /(\\{0,8}"(?:[\w-]{0,40}token|passphrase|password|secret|api_?key|x-api-key|jwt|authorization|cookie|set-cookie|sec-websocket-protocol)\\{0,8}"\s{0,8}:\s{0,8}\\{0,8}")(?:[^"\\]|\\[^"])+/gi;
/** `Authorization: Bearer …`, and the subprotocol that carries a token. */
const CREDENTIALS = /\b(?:(bearer[ .+])[\w.~+/=-]+|(basic )[\w+/=-]{8,})/gi;
/** A token by its looks, wherever it stands. */
const JWT = /\beyJ[\w-]{5,2000}\.[\w-]+(?:\.[\w-]*){0,3}/g;
const USER_OF_URL = /(\/\/[^\s/:@"]{0,200}):[^\s@/"]{1,500}@/g;

/**
 * Cuts out of a text what opens doors: tokens, sessions, passwords. It takes JSON as well, and leaves it JSON. It is the
 * last net: what is secret is not to be written in the first place.
 */
export function withoutSecrets(text: string): string {
  return text
    .replace(PARAMETER, '$1***')
    .replace(KEY, '$1***')
    .replace(CREDENTIALS, '$1$2***')
    .replace(JWT, '***')
    .replace(USER_OF_URL, '$1:***@');
}
