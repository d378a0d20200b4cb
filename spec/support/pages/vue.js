import { createApp, onMounted, onUnmounted, ref } from 'vue';
import { rawAddress } from './address.js';

function useChat(url) {
  const online = ref(false);
  const chats = ref([]);
  let socket;

  onMounted(() => {
    socket = new WebSocket(url);
    socket.onopen = () => {
      online.value = true;
    };
    socket.onclose = () => {
      online.value = false;
    };
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (message.type === 'chat') chats.value.push(message);
    };
  });
  onUnmounted(() => socket.close());

  return { online, chats, say: (content) => socket.send(JSON.stringify({ type: 'chat', content })) };
}

const app = createApp({
  setup: () => ({ ...useChat(rawAddress()), draft: ref(''), leave: () => app.unmount() }),
  template: `
    <p role="status">{{ online ? 'online' : 'offline' }}</p>
    <ol>
      <li v-for="{ id, from, content } of chats" :key="id">{{ from }}: {{ content }}</li>
    </ol>
    <form @submit.prevent="say(draft)">
      <input aria-label="Message" v-model="draft">
      <button>Send</button>
    </form>
    <button @click="leave">Leave</button>`,
});
app.mount(document.body.appendChild(document.createElement('main')));
