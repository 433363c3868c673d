import { BlockList } from "node:net";
import ipaddr from "ipaddr.js";

/** `private`: only where an administrator allowed it. `never`: nothing that listens there is anyone's to name. */
export type Reach = "public" | "private" | "never";

const never = new Set(["unspecified", "multicast", "broadcast"]);
/** Of IPv6 the internet routes this alone. What is outside holds old ways to write an IPv4 address, `::7f00:1`. */
const internet = new BlockList();
internet.addSubnet("2000::", 3, "ipv6");
/** Public by its range, and still a cloud's own: Azure's agent, which hands out its machine's secrets. */
const ofClouds = new BlockList();
ofClouds.addAddress("168.63.129.16");

/**
 * Who is behind an address, by its range: only what the internet routes is public. Of IPv6 that holds an IPv4 address (mapped, NAT64, 6to4,
 * Teredo) nothing is: a machine in between would take it to the one within. What is no address counts as `never`.
 */
export function reachOf(address: string): Reach {
  if (!ipaddr.isValid(address)) return "never";
  const parsed = ipaddr.process(address);
  const range = parsed.range();
  if (never.has(range)) return "never";
  const routed = range === "unicast" && (parsed.kind() === "ipv4" || internet.check(parsed.toString(), "ipv6"));
  return routed && !ofClouds.check(parsed.toString(), parsed.kind()) ? "public" : "private";
}

/** The address that a URL's host is, in whichever way it is written (`2130706433`, `0x7f.1`, `[::1]`); null where it is a name. */
export function literalAddress({ hostname }: URL): string | null {
  const bare = hostname.replace(/^\[|\]$/g, "");
  return ipaddr.isValid(bare) ? bare : null;
}

/** Why nothing is sent there; null where it may be. */
export function refusalOf(address: string, allowPrivate: boolean): string | null {
  const reach = reachOf(address);
  if (reach === "never") return `${address} is no address to send to`;
  if (reach === "private" && !allowPrivate)
    return `${address} is a private, loopback or link-local address, and this webhook may not reach those`;
  return null;
}
