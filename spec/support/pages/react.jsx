import { StrictMode, useEffect, useRef, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { rawAddress } from './address.js';

function useChat(url) {
  const [online, setOnline] = useState(false);
  const [chats, setChats] = useState([]);
  const socket = useRef(null);

  useEffect(() => {
    const opened = new WebSocket(url);
    // StrictMode mounts twice: the late events of the first socket must not be taken for the second one's.
    const listening = new AbortController();
    const listen = (name, listener) => opened.addEventListener(name, listener, { signal: listening.signal });
    listen('open', () => setOnline(true));
    listen('close', () => setOnline(false));
    listen('message', ({ data }) => {
      const message = JSON.parse(data);
      if (message.type === 'chat') setChats((earlier) => [...earlier, message]);
    });
    socket.current = opened;
    return () => {
      listening.abort();
      opened.close();
    };
  }, [url]);

  const say = (content) => socket.current.send(JSON.stringify({ type: 'chat', content }));
  return { online, chats, say };
}

function Chat({ url, leave }) {
  const { online, chats, say } = useChat(url);
  const [draft, setDraft] = useState('');
  const submit = (event) => {
    event.preventDefault();
    say(draft);
  };
  return (
    <>
      <p role="status">{online ? 'online' : 'offline'}</p>
      <ol>
        {chats.map(({ id, from, content }) => (
          <li key={id}>{`${from}: ${content}`}</li>
        ))}
      </ol>
      <form onSubmit={submit}>
        <input aria-label="Message" value={draft} onChange={({ target }) => setDraft(target.value)} />
        <button type="submit">Send</button>
      </form>
      <button type="button" onClick={leave}>
        Leave
      </button>
    </>
  );
}

const root = createRoot(document.body.appendChild(document.createElement('main')));
root.render(
  <StrictMode>
    <Chat url={rawAddress()} leave={() => root.unmount()} />
  </StrictMode>,
);
