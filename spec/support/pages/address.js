/** What this page was told: whose server to connect to, and as whom. */
export const { server, ...identity } = Object.fromEntries(new URLSearchParams(window.location.search));

/** The raw door of that server. */
export function rawAddress() {
  return `${server.replace(/^http/, 'ws')}/ws?${new URLSearchParams(identity)}`;
}
