/** What a person sees when the server has started: what it is, and where to go. */
export function banner(url: string, version: string): string {
  const links = [
    ['WebSocket', `${url.replace('http', 'ws')}/ws`],
    ['Socket.IO', url],
    ['Test client', `${url}/ws/test`],
    ['Integration', `${url}/websocket`],
    ['Dashboard', `${url}/ws/dashboard`],
    ['Statistics', `${url}/ws/stats`],
  ];
  return ['', `  Ambos ${version}`, '', ...links.map(([name, link]) => `  ${name?.padEnd(12)} ${link}`), ''].join('\n');
}
