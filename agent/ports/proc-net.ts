/** Who listens, as `/proc` tells it: text that a session's processes may have made up, so nothing in it is trusted beyond its form. */
import { type Listener, MAX_LISTENERS } from "@berth/protocol/session-ports";

/**
 * Prints, with a line `--` in between: the kernel's TCP tables, which descriptor of which process is which socket, and the processes' names. Three
 * programs whatever runs in the session; what the session's user may not read is left out.
 */
export const LISTENERS_SCRIPT =
  "cat /proc/net/tcp /proc/net/tcp6 2>/dev/null; echo --; ls -l /proc/[0-9]*/fd 2>/dev/null; echo --; grep -H '' /proc/[0-9]*/comm 2>/dev/null; true";

const LISTENS = "0A";
/** 127.0.0.11: names are resolved there for the container, by the engine. It is no program of the session's. */
const ENGINES_RESOLVER = "0B00007F";
/** The end of a host's own: `127.0.0.0/8`, its image in IPv6, and `::1`, as the kernel prints addresses: each 32 bits the other way round. */
const isLoopback = (address: string): boolean =>
  address.length === 8
    ? address.endsWith("7F")
    : address === "00000000000000000000000001000000" || /^0{16}FFFF0000[0-9A-F]{6}7F$/.test(address);

/** Each port once, in order; one that listens on the network as well as on loopback is the network's. */
export function parseListeners(output: string): Listener[] {
  const [tables = "", descriptors = "", names = ""] = output.split(/^--$/m);
  const processes = processOfInode(descriptors, names);
  const found = new Map<number, Listener>();
  for (const line of tables.split("\n")) {
    const row = readRow(line);
    if (!row) continue;
    const before = found.get(row.port);
    if (!before && found.size >= MAX_LISTENERS) continue;
    found.set(row.port, {
      port: row.port,
      reach: row.loopback && before?.reach !== "network" ? "loopback" : "network",
      process: before?.process ?? processes.get(row.inode) ?? null,
    });
  }
  return [...found.values()].sort((one, other) => one.port - other.port);
}

/** `  0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 12345 …` */
function readRow(line: string): { port: number; loopback: boolean; inode: string } | null {
  const [, local = "", , state, , , , , , inode = ""] = line.trim().split(/\s+/);
  const found = /^([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})$/.exec(local);
  if (!found || state !== LISTENS) return null;
  const port = Number.parseInt(found[2] ?? "", 16);
  return port === 0 || found[1] === ENGINES_RESOLVER ? null : { port, loopback: isLoopback(found[1] ?? ""), inode };
}

function processOfInode(descriptors: string, names: string): Map<string, string> {
  const nameOf = new Map<string, string>();
  for (const line of names.split("\n")) {
    const found = /^\/proc\/(\d+)\/comm:(.+)$/.exec(line);
    if (found?.[1] && found[2]) nameOf.set(found[1], plain(found[2]));
  }
  const processes = new Map<string, string>();
  let process = "";
  for (const line of descriptors.split("\n")) {
    process = /^\/proc\/(\d+)\/fd:$/.exec(line)?.[1] ?? process;
    const inode = / -> socket:\[(\d+)\]$/.exec(line)?.[1];
    const name = nameOf.get(process);
    if (inode && name && !processes.has(inode)) processes.set(inode, name);
  }
  return processes;
}

/** A process names itself as it likes. */
const plain = (name: string): string => name.replace(/[^\x20-\x7e]/g, "?").slice(0, 64);
