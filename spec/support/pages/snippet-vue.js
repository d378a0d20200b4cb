import { createApp, h, ref } from 'vue';
// Named otherwise, or the linter takes it for a hook of React.
import { useAmbos as ambos } from '../../../web/snippets/vue.js';

const name = ref('Ana');
const draft = ref('');

const app = createApp({
  setup() {
    const { connected, messages, send } = ambos(name);
    const submit = (event) => {
      event.preventDefault();
      send({ type: 'chat', content: draft.value });
    };
    return () => [
      h('p', { role: 'status' }, connected.value ? 'online' : 'offline'),
      h(
        'ol',
        messages.value.map(({ type, from, content }) => h('li', `${type} · ${from}: ${content}`)),
      ),
      h('form', { onSubmit: submit }, [
        h('input', {
          'aria-label': 'Message',
          onInput: ({ target }) => {
            draft.value = target.value;
          },
        }),
        h('button', 'Send'),
      ]),
      h('button', { onClick: () => (name.value = 'Lola') }, 'Rename'),
      h('button', { onClick: () => app.unmount() }, 'Leave'),
    ];
  },
});
app.mount(document.body.appendChild(document.createElement('main')));
