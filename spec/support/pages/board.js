/** What is to be seen and done on a page that has no framework. */
export function createBoard({ say, leave }) {
  document.body.innerHTML = `
    <p role="status">offline</p>
    <ol></ol>
    <form><input aria-label="Message"><button>Send</button></form>
    <button id="leave">Leave</button>`;
  const find = (selector) => document.querySelector(selector);
  find('form').addEventListener('submit', (event) => {
    event.preventDefault();
    say(find('input').value);
  });
  find('#leave').addEventListener('click', leave);

  return {
    show(status) {
      find('[role=status]').textContent = status;
    },
    add({ from, content }) {
      this.log(`${from}: ${content}`);
    },
    log(text) {
      const line = document.createElement('li');
      line.textContent = text;
      find('ol').append(line);
    },
  };
}
