/**
 * The rooms of a client. Each block of `count` clients takes every room `each` times, in an order of its own, so that
 * the members of one room have different other rooms.
 */
export function roomsOf(client: number, count: number, each: number): number[] {
  const stride = 137 + 61 * Math.floor(client / count);
  return Array.from({ length: each }, (_, turn) => (client + turn * stride) % count);
}

export const roomName = (room: number): string => `r${room}`;
