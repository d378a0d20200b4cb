import type { ServerOptions } from 'ws';

/** `closeTimeout` is an option of ws that its types do not know yet. */
type WsServerOptions = ServerOptions & { closeTimeout: number };

/**
 * What both doors hold their WebSockets to. Fragments are limited by number since each costs memory of its own, however
 * small; compression is off since it costs memory per client and blurs what a frame's size means.
 */
export function wsLimits({ maxPayload, closeTimeout }: { maxPayload: number; closeTimeout: number }): WsServerOptions {
  return {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload,
    maxFragments: 256,
    closeTimeout,
  };
}
