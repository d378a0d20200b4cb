import { expect } from 'chai';
import type { Client, SdkClient } from '../support/client.ts';
import { type Accepted, dataKey, type Outgoing, type Refusal } from '../support/messages.ts';

/** Sends a message, which must be accepted. */
export async function accepted(client: Client, message: Outgoing): Promise<Accepted> {
  const receipt = await client.request(message);
  if (!receipt.ok) throw new Error(`refused: ${JSON.stringify(message).slice(0, 300)}: ${JSON.stringify(receipt)}`);
  return receipt;
}

/** Sends a message, which must be refused. */
export async function refused(client: Client, message: Outgoing): Promise<Refusal> {
  const receipt = await client.request(message);
  if (receipt.ok) throw new Error(`accepted: ${JSON.stringify(message).slice(0, 300)}`);
  return receipt.error;
}

/** Sends a message without asking for a receipt; resolves with the code of the error that answers it. */
export async function errorCode(client: Client, message: Outgoing): Promise<unknown> {
  client.send(message);
  return dataKey(await client.next('error'), 'code');
}

/** That the client has received, before it passed a barrier, no message of this kind. */
export function expectNone(client: Client, unwanted: Parameters<Client['messages']['filter']>[0], what: string): void {
  const found = client.messages.filter(unwanted);
  expect(found, what).to.deep.equal([]);
}

const PATIENCE = 3000;

/** Asks again until the answer is yes: for what the server will see in a moment, such as the end of a connection. */
export async function eventually(what: string, ask: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + PATIENCE;
  while (!(await ask())) {
    if (performance.now() > end) throw new Error(`not within ${PATIENCE} ms: ${what}`);
  }
}

/** Waits for Socket.IO's upgrade; each round trip gives it time to happen. */
export function reached(client: SdkClient, transport: string): Promise<void> {
  return eventually(`the transport is ${transport}`, async () => {
    await client.barrier();
    return client.transport === transport;
  });
}
