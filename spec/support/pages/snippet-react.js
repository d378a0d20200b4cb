import { createElement as h, StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { useAmbos } from '../../../web/snippets/react.js';

function Chat({ leave }) {
  const [name, setName] = useState('Ana');
  const [draft, setDraft] = useState('');
  const { connected, messages, send } = useAmbos(name);
  const submit = (event) => {
    event.preventDefault();
    send({ type: 'chat', content: draft });
  };
  return h(
    'div',
    {},
    h('p', { role: 'status' }, connected ? 'online' : 'offline'),
    h('ol', {}, ...messages.map(({ type, from, content }) => h('li', {}, `${type} · ${from}: ${content}`))),
    h(
      'form',
      { onSubmit: submit },
      h('input', { 'aria-label': 'Message', value: draft, onChange: ({ target }) => setDraft(target.value) }),
      h('button', { type: 'submit' }, 'Send'),
    ),
    h('button', { type: 'button', onClick: () => setName('Lola') }, 'Rename'),
    h('button', { type: 'button', onClick: leave }, 'Leave'),
  );
}

const root = createRoot(document.body.appendChild(document.createElement('main')));
root.render(h(StrictMode, {}, h(Chat, { leave: () => root.unmount() })));
