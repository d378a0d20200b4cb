import type { IncomingHttpHeaders } from 'node:http';
import { BlockList, isIP } from 'node:net';

/** Whom to believe what it says of the client behind it: so many proxies in a row, or these addresses and networks. */
export type Trust = number | readonly string[];

/** Who is at the door, as far as that can be believed. */
export interface Caller {
  /** The client's IP address; empty where its connection has already ended. */
  address: string;
  /** The page that it is, as browsers tell it. */
  origin: string | undefined;
  /** What it believes to talk to. */
  host: string | undefined;
}

/** What is used of a request. */
interface Asking {
  headers: IncomingHttpHeaders;
  socket: { remoteAddress?: string | undefined };
}

/** Sees clients through the proxies before the server. What strangers say of themselves is not believed. */
export class Callers {
  readonly #trusts: (address: string, hops: number) => boolean;

  constructor(trust: Trust) {
    this.#trusts = typeof trust === 'number' ? (_address, hops) => hops < trust : trusting(trust);
  }

  of({ headers, socket }: Asking): Caller {
    const peer = canonical(socket.remoteAddress ?? '');
    const { origin, host } = headers;
    if (!this.#trusts(peer, 0)) return { address: peer, origin, host };
    return { address: this.#client(peer, forwardedFor(headers)), origin, host: forwardedHost(headers) ?? host };
  }

  /** From the peer backwards, as long as who said it is trusted. What is no address ends the search. */
  #client(peer: string, chain: string[]): string {
    let address = peer;
    for (let hops = 0; this.#trusts(address, hops); hops += 1) {
      const next = addressIn(chain.at(-1 - hops));
      if (next === undefined) break;
      address = next;
    }
    return address;
  }
}

/** @param entry an IP address, or a network such as `10.0.0.0/8` */
export function isTrustable(entry: string): boolean {
  const [address = '', prefix, ...rest] = entry.split('/');
  const bits = isIP(address) === 6 ? 128 : 32;
  if (isIP(address) === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits);
}

function trusting(entries: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const entry of entries) {
    const [address = '', prefix] = entry.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return (address) => isIP(address) > 0 && list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/**
 * The addresses that proxies have written down, the nearest one last. Where both headers are there the older one counts:
 * proxies that write it let the other pass as a client has sent it.
 */
function forwardedFor(headers: IncomingHttpHeaders): string[] {
  const { 'x-forwarded-for': given } = headers;
  if (given !== undefined) return String(given).split(',');
  const { forwarded = '' } = headers;
  return forwarded.split(',').map((element) => /(?:^|;)\s*for=("[^"]*"|[^;\s]*)/i.exec(element)?.[1] ?? '');
}

/** The first one is the client's own. */
function forwardedHost(headers: IncomingHttpHeaders): string | undefined {
  const { 'x-forwarded-host': given } = headers;
  return (
    String(given ?? '')
      .split(',', 1)[0]!
      .trim() || undefined
  );
}

/** `1.2.3.4`, `1.2.3.4:5678`, `2001:db8::1`, `"[2001:db8::1]:5678"`: proxies write them in all these ways. */
function addressIn(text = ''): string | undefined {
  const bare = text.trim().replace(/^"(.*)"$/, '$1');
  const [, bracketed, plain] = /^\[([^\]]*)\](?::\d+)?$|^([\d.]+):\d+$/.exec(bare) ?? [];
  const address = canonical(bracketed ?? plain ?? bare);
  return isIP(address) > 0 ? address : undefined;
}

/** One client has one address: an IPv4 one that came by an IPv6 socket is the same, and a zone is of this machine. */
function canonical(address: string): string {
  return address.replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.)/i, '');
}
