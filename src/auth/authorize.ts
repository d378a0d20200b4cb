import type { Authorize } from '../hub/ports.ts';

/**
 * Without authentication everybody may do what the table of types lets a client do (PROTOCOL.md, "Types"): the codec
 * has already refused the rest, and membership is the hub's own matter.
 */
export const authorizeAll: Authorize = () => true;
