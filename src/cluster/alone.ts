import { randomBytes } from 'node:crypto';
import type { Nodes } from '../hub/nodes.ts';

/** The node of a deployment that has no other one. */
export class Alone implements Nodes {
  readonly name = randomBytes(6).toString('base64url');
  readonly others = new Map<string, never>();

  async start(): Promise<void> {}

  async ask(): Promise<[]> {
    return [];
  }

  async stop(): Promise<void> {}
}
