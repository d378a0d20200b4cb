import { createServer, type Options } from '../../src/index.ts';

export interface Running {
  /** Such as `http://127.0.0.1:40123`. */
  url: string;
  close(): Promise<void>;
}

/** Starts a silent server on a free port. Settings are those of PROTOCOL.md section 10, in camel case. */
export async function startServer(settings: Partial<Options> = {}): Promise<Running> {
  const server = createServer({ port: 0, host: '127.0.0.1', logLevel: 'silent', ...settings });
  await server.start();
  return { url: server.url, close: () => server.close() };
}
