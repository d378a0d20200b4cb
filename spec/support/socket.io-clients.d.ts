// Version 2 has no types, and those of version 3 are not exported to an ES module.
declare module 'socket.io-client-2' {
  const io: import('./sdk.ts').Lookup;
  export default io;
}

declare module 'socket.io-client-3' {
  export const io: import('./sdk.ts').Lookup;
}
