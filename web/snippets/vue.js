// @ts-nocheck
import { onScopeDispose, ref, toValue, watch } from 'vue';

export function useAmbos(username) {
  const connected = ref(false);
  const messages = ref([]);
  let socket;
  let timer;
  let delay = 1000;

  function connect() {
    const own = new WebSocket(`ws://localhost:3000/ws?username=${encodeURIComponent(toValue(username))}`);
    socket = own;
    own.onopen = () => {
      delay = 1000;
      connected.value = true;
    };
    own.onmessage = ({ data }) => messages.value.push(JSON.parse(data));
    own.onclose = ({ code }) => {
      connected.value = false;
      if (code >= 4500) return;
      timer = setTimeout(connect, delay);
      delay = Math.min(2 * delay, 30_000);
    };
  }

  function disconnect() {
    clearTimeout(timer);
    if (!socket) return;
    socket.onmessage = socket.onclose = null;
    socket.close();
    connected.value = false;
  }

  function send(message) {
    if (socket?.readyState !== WebSocket.OPEN) return false;
    socket.send(JSON.stringify(message));
    return true;
  }

  const renamed = () => {
    disconnect();
    connect();
  };
  watch(() => toValue(username), renamed, { immediate: true });
  onScopeDispose(disconnect);

  return { connected, messages, send };
}
