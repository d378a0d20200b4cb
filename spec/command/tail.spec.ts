import { expect } from 'chai';
import { tail } from '../../src/command/tail.ts';
import { startServer } from '../support/server.ts';

describe('ambos tail', () => {
  it('ends where its token has expired, and does not knock for ever', async () => {
    const end = Date.now() + 300;
    const server = await startServer({
      authenticate: () => (Date.now() < end ? { userId: '7', expiresAt: end } : undefined),
    });
    const notices: string[] = [];
    const options = { room: undefined, username: 'x', token: 't', insecure: undefined, json: true, print: () => {} };
    const error = await tail(server.url, { ...options, notice: (line) => notices.push(line) }).catch(
      (thrown: Error) => thrown,
    );
    expect(error).to.include({ message: `${server.url} refuses: Token inválido` });
    expect(notices).to.deep.equal(['connection closed (4009), reconnecting']);
    await server.close();
  });
});
