// @ts-nocheck
import { useEffect, useRef, useState } from 'react';

export function useAmbos(username) {
  const [connected, setConnected] = useState(false);
  const [messages, setMessages] = useState([]);
  const socketRef = useRef(null);

  useEffect(() => {
    const life = new AbortController();
    const { signal } = life;
    let delay = 1000;
    let timer;

    const connect = () => {
      const socket = new WebSocket(`ws://localhost:3000/ws?username=${encodeURIComponent(username)}`);
      socketRef.current = socket;
      const on = (event, listener) => socket.addEventListener(event, listener, { signal });
      on('open', () => {
        delay = 1000;
        setConnected(true);
      });
      on('message', ({ data }) => {
        const message = JSON.parse(data);
        setMessages((all) => [...all.slice(-499), message]);
      });
      on('close', ({ code }) => {
        setConnected(false);
        if (code >= 4500) return;
        timer = setTimeout(connect, delay);
        delay = Math.min(2 * delay, 30_000);
      });
    };

    connect();
    return () => {
      life.abort();
      clearTimeout(timer);
      socketRef.current.close();
      setConnected(false);
    };
  }, [username]);

  const send = (message) => {
    const socket = socketRef.current;
    if (socket?.readyState !== WebSocket.OPEN) return false;
    socket.send(JSON.stringify(message));
    return true;
  };

  return { connected, messages, send };
}
