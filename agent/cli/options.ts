/** The command line: what may be said, and a sentence for each thing that was said wrong. */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { agentNameSchema } from "@berth/protocol/agent-messages";
import { BerthError } from "@berth/protocol/errors";
import { parseControlPlaneUrl } from "../connection/control-plane-url";

export const HELP = `Berth agent: runs sessions on this host for a Berth control plane.

Usage: node agent.mjs --url URL --name NAME [options]

  --url URL              the control plane, https://… (BERTH_URL)
  --name NAME            this agent's name, 1 to 63 lower-case letters, digits and dashes
  --data-dir DIR         credential, display sockets and results are kept here (default: /var/lib/berth-agent)
  --token TOKEN          one-time registration token, needed once (BERTH_TOKEN)
  --token-file FILE      the same from a file; keeps it out of the process list
  --ca-sha256 HASH       the control plane's certificate authority: SHA-256 of its key; enrol with no other
  --driver docker|memory what runs the sessions (default: docker; memory is for tests)
  --docker-host HOST     unix:///path or tcp://host:port (DOCKER_HOST, default: unix:///var/run/docker.sock)
  --region REGION        where this host is, for placement
  --label KEY=VALUE      a label for placement; may be given more than once
  --max-sessions N       sessions that may run here at once
  --max-cpu CORES        cores that sessions may use together (default: the host's)
  --max-memory GIB       memory that sessions may use together, in GiB (default: the host's)
  --log-retention-days N what sessions printed is kept so long after their containers are gone (default: 7; 0 keeps none)
  --log-level LEVEL      debug, info, warn or error (LOG_LEVEL, default: info)
  --node-api-listen HOST:PORT  serve the node's HTTP API there too, without TLS (BERTH_NODE_API_LISTEN; default: by tunnel alone)
  --insecure             allow plain http to a control plane on another host
  --print-systemd-unit   print a systemd unit for these options and end
  --version, --help
`;

export interface AgentSettings {
  readonly url: URL;
  readonly name: string;
  readonly dataDir: string;
  readonly token: { readonly value: string } | { readonly file: string } | null;
  /** SHA-256 (hex) of the public key of the control plane's authority; undefined takes the one that it shows. */
  readonly caSha256: string | undefined;
  readonly driver: "docker" | "memory";
  readonly dockerHost: string | undefined;
  /** Folder with client certificates for an engine over TLS. */
  readonly dockerTls: string | undefined;
  readonly region: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly limits: { readonly maxSessions?: number; readonly maxCpu?: number; readonly maxMemoryGiB?: number };
  readonly logLevel: string;
  readonly logRetentionDays?: number | undefined;
  readonly insecure: boolean;
  /** Where the node's API listens beside the tunnels. */
  readonly nodeApiListen?: { readonly host: string; readonly port: number } | undefined;
}

export type Invocation =
  | { readonly kind: "help" | "version" }
  | { readonly kind: "run" | "print-unit"; readonly settings: AgentSettings }
  /** Every problem, not the first alone. */
  | { readonly kind: "wrong"; readonly problems: readonly string[] };

const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"];

export function readInvocation(argv: readonly string[], env: Readonly<Record<string, string | undefined>>): Invocation {
  let values: ReturnType<typeof parse>;
  try {
    values = parse(argv);
  } catch (error) {
    return { kind: "wrong", problems: [error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error)] };
  }
  if (values.help) return { kind: "help" };
  if (values.version) return { kind: "version" };
  const problems: string[] = [];
  const number = (flag: string, text: string | undefined, whole: boolean) => positive(flag, text, whole, problems);
  const insecure = values.insecure ?? false;
  const url = readUrl(values.url ?? env.BERTH_URL, insecure, problems);
  const name = values.name ?? "";
  const named = agentNameSchema.safeParse(name);
  if (!name) problems.push("--name is missing: give this agent a name, for example --name host-1");
  else if (!named.success) problems.push(`--name '${name.slice(0, 80)}' ${named.error.issues[0]?.message ?? "is not allowed"}`);
  const driver = values.driver ?? "docker";
  if (driver !== "docker" && driver !== "memory") problems.push(`--driver '${driver}' is not known; it is docker or memory`);
  if (values.token && values["token-file"]) problems.push("--token and --token-file say the same; give one of them");
  const token = values["token-file"]
    ? { file: values["token-file"] }
    : (values.token ?? env.BERTH_TOKEN)
      ? { value: values.token ?? env.BERTH_TOKEN ?? "" }
      : null;
  const caSha256 = values["ca-sha256"]?.toLowerCase();
  if (caSha256 !== undefined && !/^[0-9a-f]{64}$/.test(caSha256))
    problems.push("--ca-sha256 is not a SHA-256: 64 digits and letters a to f");
  const logLevel = values["log-level"] ?? env.LOG_LEVEL ?? "info";
  if (!LOG_LEVELS.includes(logLevel)) problems.push(`--log-level '${logLevel}' is not one of ${LOG_LEVELS.join(", ")}`);
  const limits = {
    maxSessions: number("--max-sessions", values["max-sessions"], true),
    maxCpu: number("--max-cpu", values["max-cpu"], false),
    maxMemoryGiB: number("--max-memory", values["max-memory"], false),
  };
  const logRetentionDays = days(values["log-retention-days"], problems);
  const nodeApiListen = readListen(values["node-api-listen"] ?? env.BERTH_NODE_API_LISTEN, problems);
  const labels = readLabels(values.label ?? [], problems);
  if (!url || problems.length > 0) return { kind: "wrong", problems };
  const settings: AgentSettings = {
    url,
    name,
    dataDir: resolve(values["data-dir"] ?? "/var/lib/berth-agent"),
    token,
    caSha256,
    driver: driver === "memory" ? "memory" : "docker",
    dockerHost: values["docker-host"] ?? env.DOCKER_HOST,
    dockerTls: env.DOCKER_TLS_VERIFY ? env.DOCKER_CERT_PATH : undefined,
    region: values.region,
    labels,
    limits,
    logLevel,
    logRetentionDays,
    insecure,
    nodeApiListen,
  };
  return { kind: values["print-systemd-unit"] ? "print-unit" : "run", settings };
}

function days(text: string | undefined, problems: string[]): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,4}$/.test(text)) problems.push(`--log-retention-days ${text}: say whole days, 0 keeps none`);
  return Number(text);
}

function readListen(text: string | undefined, problems: string[]): { host: string; port: number } | undefined {
  if (!text) return undefined;
  const [, host, port] = /^(\[[0-9a-f:]+\]|[^:]+):(\d{1,5})$/.exec(text) ?? [];
  if (host !== undefined && Number(port) <= 65_535) return { host: host.replace(/^\[|\]$/g, ""), port: Number(port) };
  problems.push(`--node-api-listen '${text.slice(0, 100)}' is not of the form host:port, for example 127.0.0.1:8080`);
  return undefined;
}

function parse(argv: readonly string[]) {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  return parseArgs({
    args: [...argv],
    strict: true,
    allowPositionals: false,
    options: {
      url: text,
      name: text,
      "data-dir": text,
      token: text,
      "token-file": text,
      "ca-sha256": text,
      driver: text,
      "docker-host": text,
      region: text,
      label: { type: "string", multiple: true },
      "max-sessions": text,
      "max-cpu": text,
      "max-memory": text,
      "log-retention-days": text,
      "log-level": text,
      "node-api-listen": text,
      insecure: flag,
      "print-systemd-unit": flag,
      version: flag,
      help: { type: "boolean", short: "h" },
    },
  }).values;
}

function readUrl(text: string | undefined, insecure: boolean, problems: string[]): URL | null {
  if (!text) {
    problems.push("--url is missing: say where the control plane is, for example --url https://berth.example.com (or set BERTH_URL)");
    return null;
  }
  try {
    return parseControlPlaneUrl(text, insecure);
  } catch (error) {
    if (!(error instanceof BerthError)) throw error;
    problems.push(error.message);
    return null;
  }
}

function positive(flag: string, text: string | undefined, whole: boolean, problems: string[]): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value) && value > 0 && (!whole || Number.isInteger(value))) return value;
  problems.push(`${flag} '${text}' is not a ${whole ? "whole " : ""}number above 0`);
  return undefined;
}

function readLabels(given: readonly string[], problems: string[]): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const label of given) {
    const at = label.indexOf("=");
    if (at < 1 || at > 100 || label.length - at > 201) problems.push(`--label '${label.slice(0, 80)}' is not of the form key=value`);
    else labels[label.slice(0, at)] = label.slice(at + 1);
  }
  return labels;
}
