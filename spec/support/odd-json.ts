export const DEPTHS: Record<string, [open: string, close: string]> = {
  arrays: ['[', ']'],
  objects: ['{"a":', '}'],
};

/** Members of a chat: more than 64 KiB of JSON. */
export const HUGE: Record<string, string> = {
  '100,000 levels of arrays': `"data":${nested(100_000, ['[', ']'])}`,
  '100,000 levels of objects': `"data":${nested(100_000, ['{"a":', '}'])}`,
  '50,000 keys in data': `"data":{${keys(50_000)}}`,
  '50,000 keys in the message': `"content":"x",${keys(50_000)}`,
  'a number of 1,000,000 digits': `"data":${'9'.repeat(1_000_000)}`,
  '300,000 escapes': `"content":"${'\\u0000'.repeat(150_000)}"`,
};

/** Members of a chat that no JSON text may have. */
export const ILL_FORMED: Record<string, string> = {
  'a high surrogate in content': '"content":"\\ud800"',
  'a low surrogate in content': '"content":"a\\udc00b"',
  'surrogates the wrong way round': '"content":"\\udc00\\ud800"',
  'a surrogate in data': '"data":"\\ud83d"',
  'a surrogate deep in data': '"data":{"a":[{"b":"\\udfff"}]}',
  'a surrogate as a key of data': '"data":{"\\ud800":1}',
  'a surrogate in a key that is ignored': '"content":"x","evil":"\\ud800"',
  'a surrogate as a key that is ignored': '"content":"x","\\ud800":1',
  'a surrogate in to': '"content":"x","to":"\\ud800"',
  'a surrogate in key': '"content":"x","key":"\\ud800"',
};

/** Members of a chat that would change the prototype of every object. */
export const POLLUTING: Record<string, string> = {
  '__proto__ in the message': '"content":"x","__proto__":{"polluted":1}',
  '__proto__ as a string': '"content":"x","__proto__":"polluted"',
  '__proto__ in data': '"data":{"__proto__":{"polluted":1}}',
  '__proto__ deep in data': '"data":[{"a":{"__proto__":{"polluted":1}}}]',
  '__proto__ with an escape': '"data":{"__pr\\u006fto__":{"polluted":1}}',
  '__proto__ in a key that is ignored': '"content":"x","evil":{"__proto__":{"polluted":1}}',
};

export function nested(depth: number, [open, close]: [open: string, close: string]): string {
  return `${open.repeat(depth)}0${close.repeat(depth)}`;
}

export function keys(count: number): string {
  return Array.from({ length: count }, (_, index) => `"k${index}":1`).join();
}
