import ipaddr from "ipaddr.js";

type Range = [ipaddr.IPv4 | ipaddr.IPv6, number];

/** Reads `TRUSTED_PROXIES`. Throws `RangeError` naming what is neither an address nor a range. */
export function parseTrustedProxies(list: readonly string[]): (address: string) => boolean {
  const ranges = list.map((entry): Range => {
    try {
      if (entry.includes("/")) return ipaddr.parseCIDR(entry);
      const address = ipaddr.process(entry);
      return [address, address.kind() === "ipv4" ? 32 : 128];
    } catch {
      throw new RangeError(`TRUSTED_PROXIES: '${entry}' is neither an address nor a range such as 10.0.0.0/8`);
    }
  });
  return (text) => {
    const address = parse(text);
    return address !== null && ranges.some(([range, bits]) => range.kind() === address.kind() && address.match(range, bits));
  };
}

/**
 * Whom a request comes from: the socket's address, or, behind proxies that are trusted, the nearest address in `X-Forwarded-For` that
 * is not one of theirs. What a client itself wrote into the header is never reached.
 */
export function clientAddress(remote: string | undefined, forwardedFor: string | undefined, trusted: (address: string) => boolean): string {
  let nearest = parse(remote ?? "")?.toString() ?? "unknown";
  const hops = (forwardedFor ?? "").split(",").reverse();
  for (const hop of hops) {
    if (!trusted(nearest)) return nearest;
    const address = parse(hop.trim());
    if (!address) return nearest;
    nearest = address.toString();
  }
  return nearest;
}

/** What tells whether a request could be read on its way here. */
export interface Way {
  readonly encrypted: boolean;
  /** The socket's address. */
  readonly remote: string | undefined;
  readonly forwardedFor: string | undefined;
  readonly forwardedProto: string | undefined;
}

/**
 * Did a request come over a network in plain http? A proxy that is trusted says by `X-Forwarded-Proto` how it was asked; one that
 * doesn't say is taken to have ended TLS where Berth's own address is https. This machine's loopback is no network.
 */
export function cameInPlain(way: Way, trusted: (address: string) => boolean, publicHttps: boolean): boolean {
  if (way.encrypted) return false;
  const remote = parse(way.remote ?? "")?.toString() ?? "unknown";
  const client = clientAddress(way.remote, way.forwardedFor, trusted);
  if (isLoopbackAddress(client)) return false;
  if (!trusted(remote)) return true;
  const proto = way.forwardedProto?.split(",").at(-1)?.trim().toLowerCase();
  return proto ? proto !== "https" : !publicHttps;
}

export function isLoopbackAddress(text: string): boolean {
  return parse(text)?.range() === "loopback";
}

/** IPv4 inside IPv6 counts as IPv4. */
function parse(text: string): ipaddr.IPv4 | ipaddr.IPv6 | null {
  return ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text) ? ipaddr.process(text) : null;
}
