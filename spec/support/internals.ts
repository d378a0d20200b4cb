/** What only the inside knows: stacks, paths, the words of libraries and of Node. */
export const INTERNAL =
  /\bat .+[:(]\d|node_modules|\.[jt]s:\d+|\/tmp\/|\/src\/|ENOENT|ECONN|ERR_[A-Z]|Unexpected token|not valid JSON|ZodError|\bError:/;
