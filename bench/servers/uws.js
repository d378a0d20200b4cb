import uWS from 'uwebsockets';

// A broadcast with the topics of uWebSockets.

let count = 0;

const app = uWS.App();

app.ws('/*', {
  idleTimeout: 0,
  // Above this it leaves messages out without a word.
  maxBackpressure: 64 * 1024 * 1024,
  upgrade(response, request, context) {
    const headers = ['sec-websocket-key', 'sec-websocket-protocol', 'sec-websocket-extensions'];
    const from = new URLSearchParams(request.getQuery()).get('username');
    response.upgrade({ from }, ...headers.map((name) => request.getHeader(name)), context);
  },
  open: (client) => client.subscribe('all'),
  message(client, data) {
    const { type, content } = JSON.parse(Buffer.from(data));
    const timestamp = Math.floor(Date.now() / 1000);
    const { from } = client.getUserData();
    app.publish('all', JSON.stringify({ type, content, from, timestamp, id: `${timestamp}-${++count}`, data: null }));
  },
});

app.listen('127.0.0.1', Number(process.env.PORT), () => {});
