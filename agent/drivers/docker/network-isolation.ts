/**
 * Firewall rules that keep sessions from the host they run on, from the control plane and from link-local addresses (a cloud's metadata
 * among them). Only connections that a session begins are held back: answers to the agent and to the world pass.
 */
import { execFile } from "node:child_process";
import { lookup } from "node:dns/promises";
import { readFile } from "node:fs/promises";
import { isIPv4 } from "node:net";
import { promisify } from "node:util";
import { wordsOf } from "../../log";
import type { SessionNetwork } from "./session-network";

const run = promisify(execFile);
const LINK_LOCAL = "169.254.0.0/16";

export interface IsolationPlan {
  readonly network: SessionNetwork;
  /** The agent's UUID. */
  readonly agent: string;
  /** IPv4 addresses of the control plane. */
  readonly controlPlane: readonly string[];
  /** Name servers that the host uses: names must resolve in sessions, also where the server is the host or its router. */
  readonly nameServers: readonly string[];
}

export interface Chains {
  /** Hooked into INPUT: what sessions send to the host itself. */
  readonly host: string;
  /** Hooked into DOCKER-USER: what sessions send through the host. */
  readonly forward: string;
}

/**
 * A pair for each agent on each network. Agents that share an engine share its network: what any of them refuses is refused, and one that
 * comes, changes or leaves touches no other's rules.
 */
export function chainsOf(network: SessionNetwork, agent: string): Chains {
  const id = `${network.id.slice(0, 6)}${agent.replaceAll("-", "").slice(0, 7)}`;
  return { host: `BERTH-HOST-${id}`, forward: `BERTH-SESSIONS-${id}` };
}

/** Input of `iptables-restore --noflush`: replaces both chains at once, so that there is no moment without rules. */
export function isolationRules({ network, agent, controlPlane, nameServers }: IsolationPlan): string {
  const { host, forward } = chainsOf(network, agent);
  const answers = (chain: string, then: string) => `-A ${chain} -m conntrack --ctstate ESTABLISHED,RELATED -j ${then}`;
  const names = (chain: string) =>
    nameServers.flatMap((server) => ["udp", "tcp"].map((protocol) => `-A ${chain} -d ${server} -p ${protocol} --dport 53 -j RETURN`));
  const refuse = (chain: string, match: string) => `-A ${chain} ${match}-j REJECT --reject-with icmp-admin-prohibited`;
  return [
    "*filter",
    `:${host} - [0:0]`,
    `:${forward} - [0:0]`,
    answers(host, "RETURN"),
    ...names(host),
    refuse(host, ""),
    answers(forward, "RETURN"),
    ...names(forward),
    refuse(forward, `-d ${LINK_LOCAL} `),
    ...controlPlane.map((address) => refuse(forward, `-d ${address} `)),
    // Ports that other containers publish on the host's addresses.
    refuse(forward, "-m conntrack --ctstate DNAT "),
    "COMMIT",
    "",
  ].join("\n");
}

/** Puts the rules in place; the same again changes nothing. Null when they hold, else why they don't. */
export async function applyIsolation(plan: IsolationPlan): Promise<string | null> {
  if (process.getuid?.() !== 0) return "the agent is not root, so no firewall rules could be made";
  const { host, forward } = chainsOf(plan.network, plan.agent);
  try {
    await restore(isolationRules(plan));
    await hook("INPUT", plan.network.bridge, host);
    await hook("DOCKER-USER", plan.network.bridge, forward);
    return null;
  } catch (error) {
    return `firewall rules could not be made: ${wordsOf(error).split("\n").slice(0, 2).join(" ")}`;
  }
}

/** Whether what `applyIsolation` made is hooked in still. Without root there is nothing to look at, and nothing to make anew. */
export async function isIsolated(network: SessionNetwork, agent: string): Promise<boolean> {
  if (process.getuid?.() !== 0) return true;
  const { host, forward } = chainsOf(network, agent);
  const hooks = await Promise.all([isHooked("INPUT", network.bridge, host), isHooked("DOCKER-USER", network.bridge, forward)]);
  return hooks.every(Boolean);
}

/** Takes away what `applyIsolation` made; what is gone already is fine. */
export async function removeIsolation(network: SessionNetwork, agent: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const { host, forward } = chainsOf(network, agent);
  const unless = (words: string[]) => run("iptables", ["-w", "5", ...words]).catch(() => {});
  await unless(["-D", "INPUT", "-i", network.bridge, "-j", host]);
  await unless(["-D", "DOCKER-USER", "-i", network.bridge, "-j", forward]);
  for (const chain of [host, forward]) {
    await unless(["-F", chain]);
    await unless(["-X", chain]);
  }
}

/** First in the parent chain: other rules there may accept what this one refuses. */
async function hook(parent: string, bridge: string, chain: string): Promise<void> {
  if (!(await isHooked(parent, bridge, chain))) await run("iptables", ["-w", "5", "-I", parent, "1", "-i", bridge, "-j", chain]);
}

const isHooked = (parent: string, bridge: string, chain: string): Promise<boolean> =>
  run("iptables", ["-w", "5", "-C", parent, "-i", bridge, "-j", chain]).then(
    () => true,
    () => false,
  );

function restore(rules: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = execFile("iptables-restore", ["-w", "5", "--noflush"], (error, _out, errors) => {
      if (error) reject(new Error(errors.trim() || error.message));
      else resolve();
    });
    // It may be missing or end before it reads: the callback says so.
    child.stdin?.on("error", () => {});
    child.stdin?.end(rules);
  });
}

/** IPv4 addresses of a host name that are not this machine's loopback; none where it can't be resolved now. */
export async function addressesOf(hostname: string): Promise<string[]> {
  try {
    const found = await lookup(hostname.replace(/^\[|\]$/g, ""), { all: true, family: 4 });
    return [...new Set(found.map(({ address }) => address).filter((address) => isIPv4(address) && !address.startsWith("127.")))];
  } catch {
    return [];
  }
}

/** The name servers that the engine hands to containers. */
export async function hostNameServers(): Promise<string[]> {
  for (const file of ["/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"]) {
    const text = await readFile(file, "utf8").catch(() => "");
    const servers = [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)].map(([, address]) => address ?? "");
    const usable = servers.filter((address) => isIPv4(address) && !address.startsWith("127."));
    if (usable.length > 0) return usable;
  }
  return [];
}
