// A broadcast with Bun's own topics.

let count = 0;

const server = Bun.serve({
  port: Number(process.env.PORT),
  hostname: '127.0.0.1',
  fetch(request) {
    const from = new URL(request.url).searchParams.get('username');
    if (!server.upgrade(request, { data: { from } })) return new Response('', { status: 426 });
  },
  websocket: {
    open: (client) => client.subscribe('all'),
    message(client, data) {
      const { type, content } = JSON.parse(data);
      const timestamp = Math.floor(Date.now() / 1000);
      const { from } = client.data;
      const message = { type, content, from, timestamp, id: `${timestamp}-${++count}`, data: null };
      server.publish('all', JSON.stringify(message));
    },
  },
});
