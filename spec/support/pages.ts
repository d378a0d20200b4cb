import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** The pages, each a chat client in the style of its name: they look alike, so one spec can drive them all. */
export const STYLES = ['vanilla', 'react', 'vue', 'socketio'] as const;
const FILES = STYLES.map((style) => `${style}.${style === 'react' ? 'jsx' : 'js'}`);

export interface Pages {
  /** The address of a page that connects to a server as a user. */
  urlOf(style: string, server: string, identity: { username: string; userId: string }): string;
  close(): Promise<void>;
}

/** The pages that use the snippets of `/websocket`, just as they can be copied there. */
export const SNIPPETS = ['vanilla', 'react', 'vue', 'socketio'].map((style) => `snippet-${style}.js`);

/**
 * Serves pages from an origin of their own, as a frontend's development server does.
 * @param adapt changes the scripts before they are served
 */
export async function servePages(files = FILES, adapt = (script: string) => script): Promise<Pages> {
  const scripts = await bundle(files, adapt);
  const server = createServer(({ url = '' }, response) => {
    const name = url.slice(1).split('?')[0]!;
    const script = scripts.get(name);
    if (script !== undefined) return response.setHeader('Content-Type', 'text/javascript').end(script);
    if (!scripts.has(`${name}.js`)) return response.writeHead(204).end();
    response.setHeader('Content-Type', 'text/html').end(documentOf(name));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    urlOf: (style, url, identity) =>
      `http://127.0.0.1:${port}/${style}?${new URLSearchParams({ server: url, ...identity })}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Script name → its text, with the development build of the frameworks: StrictMode does nothing in the other. */
async function bundle(files: string[], adapt: (script: string) => string): Promise<Map<string, string>> {
  const { outputFiles } = await build({
    entryPoints: files.map((file) => fileURLToPath(new URL(`pages/${file}`, import.meta.url))),
    outdir: '/',
    write: false,
    bundle: true,
    format: 'esm',
    jsx: 'automatic',
    alias: { vue: 'vue/dist/vue.esm-bundler.js' },
    define: {
      'process.env.NODE_ENV': '"development"',
      __VUE_OPTIONS_API__: 'true',
      __VUE_PROD_DEVTOOLS__: 'false',
      __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
    },
  });
  return new Map(outputFiles.map(({ path, text }) => [path.split(/[\\/]/).at(-1)!, adapt(text)]));
}

function documentOf(name: string): string {
  return `<!doctype html>
    <html lang="en">
      <meta charset="utf-8">
      <title>${name}</title>
      <body><script type="module" src="/${name}.js"></script>
    </html>`;
}
