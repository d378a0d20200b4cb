import { expect } from 'chai';
import { Welcome } from '../../bench/load/welcome.ts';
import { chat, frame } from './frames.ts';

const ROWS = JSON.stringify(Array.from({ length: 2000 }, (_, i) => ({ id: `u${i}`, username: '"session":"x"' })));
const LIST = `{"type":"user_list","content":"","id":"1-1.1","data":${ROWS},"session":"se-cr_et","recovered":true,"replayed":3}`;

const DOORS = {
  raw: frame(LIST),
  socketio: Buffer.concat([frame('0{"sid":"a"}'), frame('40{"sid":"b"}'), frame(`42["user_list",${LIST}]`)]),
};

function welcome(...chunks: Buffer[]): Welcome {
  const read = new Welcome();
  for (const chunk of chunks) read.read(Buffer.from(chunk));
  return read;
}

describe('bench: Welcome', () => {
  for (const [door, bytes] of Object.entries(DOORS)) {
    it(`finds what stands behind the rows of the first list (${door})`, () => {
      expect(welcome(bytes)).to.include({ done: true, session: 'se-cr_et', recovered: true });
    });

    it(`finds it wherever the stream is cut (${door})`, () => {
      for (const cut of [1, 2, 3, 9, 13, 30, 70_000, bytes.length - 40, bytes.length - 1]) {
        const cuts = welcome(bytes.subarray(0, cut), bytes.subarray(cut), chat(0, 0));
        expect(cuts, `cut at ${cut}`).to.include({ done: true, session: 'se-cr_et', recovered: true });
      }
    });

    it(`is not done before the list is whole (${door})`, () => {
      expect(welcome(bytes.subarray(0, -1))).to.include({ done: false, session: undefined });
    });
  }

  it('looks at the first list only, and not at other messages', () => {
    const other = frame(LIST.replace('se-cr_et', 'other'));
    expect(welcome(chat(0, 0), frame('', 9), DOORS.raw, other)).to.include({ session: 'se-cr_et' });
  });

  it('tells that nothing could be recovered', () => {
    const lost = frame('{"type":"user_list","data":[],"session":"s","recovered":false,"reason":"unknown"}');
    expect(welcome(lost)).to.include({ done: true, session: 's', recovered: false });
  });
});
