/** One row of a `user_list`. */
export interface UserRow {
  id: string;
  username: string;
  status: 'online';
}

/** A piece of a text: a string, or its bytes where many texts share it. */
export type Part = string | Buffer;

/**
 * The rows of a `user_list`, as the JSON that they become: most of it is the same in many lists, and is made once. Lists
 * are the largest messages, and a crowd that arrives is sent as many as it has heads.
 */
export class UserRows {
  readonly length: number;
  readonly json: readonly Part[];

  /** @param parts the JSON of one or several rows each, separated by commas; empty ones count for nothing */
  constructor(length: number, parts: readonly Part[]) {
    this.length = length;
    const [first = '', ...others] = parts.filter((part) => part.length > 0);
    this.json = ['[', first, ...others.flatMap((part) => [',', part]), ']'];
  }

  toJSON(): UserRow[] {
    return JSON.parse(this.json.join(''));
  }
}
