/** The command line: what may be said, and a sentence for each thing that was said wrong. */
import { parseArgs } from "node:util";

export const HELP = `Holds a control plane, an agent or both against the contracts that they share.

A control plane (the kit plays agents):
  npm run conformance -- --url http://localhost:3000 --admin admin --password …
  --url URL             its address
  --agents-url URL      its listener that asks agents for their certificates, https://…
  --admin NAME          an administrator, with --password (or CONFORMANCE_PASSWORD)
  --api-token TOKEN     instead of them (or CONFORMANCE_API_TOKEN); needs the scope admin
  --token TOKEN         a registration token, where there is no administrator: checks that need more are not run
  --template NAME       what sessions are started from (default: the first whose display speaks RFB)

An agent (the kit plays a control plane):
  npm run conformance -- --agent "node agent.mjs --url {url} --name {name} --token {token} --data-dir {dir}"
  --agent COMMAND       starts it, without a shell; {url}, {name}, {token}, {dir}, {ca-sha256} and {ca-file} are filled in
  --wait-for-agent      instead: prints what the agent has to be told, and waits for it
  --listen HOST:PORT    where the kit listens (default: 127.0.0.1:0, any free port)
  --image IMAGE         what sessions are started from (default: berth/terminal-desktop:1)
  --agent-http URL      the agent's own HTTP API, where it has one

Both:
  --only NAME           an id or a section; may be given more than once
  --allow-missing NAME  a section whose differences fail no run; may be given more than once
  --patience SECONDS    how long is waited for what the other side should do (default: 10)
  --json                the report for programs
  --list                all checks, and nothing is asked
  --help

It ends with 1 where anything differs, and 2 where these options are wrong. What it made it takes away again, where it may.
NODE_EXTRA_CA_CERTS names certificates to believe beside Node's own.
`;

export interface Options {
  readonly plane: {
    readonly url: URL;
    readonly agentsUrl: URL | null;
    readonly admin: { readonly username: string; readonly password: string } | { readonly token: string } | null;
    readonly token: string | null;
    readonly template: string | null;
  } | null;
  readonly agent: {
    /** Null: somebody starts it by hand. */
    readonly command: string | null;
    readonly host: string;
    readonly port: number;
    readonly image: string;
    readonly http: URL | null;
  } | null;
  readonly only: readonly string[];
  readonly allowMissing: readonly string[];
  readonly patienceMs: number;
  readonly json: boolean;
}

export type Invocation =
  | { readonly kind: "help" | "list" }
  | { readonly kind: "run"; readonly options: Options }
  /** Every problem, not the first alone. */
  | { readonly kind: "wrong"; readonly problems: readonly string[] };

/** `names`: ids and sections that there are. */
export function readInvocation(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  names: ReadonlySet<string>,
): Invocation {
  let values: ReturnType<typeof parse>;
  try {
    values = parse(argv);
  } catch (error) {
    return { kind: "wrong", problems: [error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error)] };
  }
  if (values.help) return { kind: "help" };
  if (values.list) return { kind: "list" };
  const problems: string[] = [];
  const url = urlOf("--url", values.url, problems);
  const agentsUrl = urlOf("--agents-url", values["agents-url"], problems);
  const http = urlOf("--agent-http", values["agent-http"], problems);
  const only = values.only ?? [];
  const allowMissing = values["allow-missing"] ?? [];
  for (const name of [...only, ...allowMissing])
    if (!names.has(name)) problems.push(`'${name}' is no check and no section; --list shows all`);
  const patience = Number(values.patience ?? 10);
  if (!(patience > 0 && patience <= 60)) problems.push(`--patience '${values.patience}' is not a number of seconds up to 60`);
  const [, host, port] = /^(\[[0-9a-f:]+\]|[^:]+):(\d{1,5})$/.exec(values.listen ?? "127.0.0.1:0") ?? [];
  if (host === undefined || Number(port) > 65_535) problems.push(`--listen '${values.listen}' is not of the form host:port`);
  const byAgent = values.agent !== undefined || values["wait-for-agent"] === true;
  if (!values.url && !byAgent) problems.push("Say what to look at: --url for a control plane, --agent or --wait-for-agent for an agent");
  const admin = adminOf(values, env, problems);
  if (problems.length > 0) return { kind: "wrong", problems };
  const plane = url && { url, agentsUrl, admin, token: values.token ?? null, template: values.template ?? null };
  const image = values.image ?? "berth/terminal-desktop:1";
  const agent = byAgent ? { command: values.agent ?? null, host: host ?? "", port: Number(port), image, http } : null;
  return { kind: "run", options: { plane, agent, only, allowMissing, patienceMs: patience * 1000, json: values.json ?? false } };
}

function parse(argv: readonly string[]) {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  const list = { type: "string", multiple: true } as const;
  return parseArgs({
    args: [...argv],
    strict: true,
    allowPositionals: false,
    options: {
      url: text,
      "agents-url": text,
      admin: text,
      password: text,
      "api-token": text,
      token: text,
      template: text,
      agent: text,
      "wait-for-agent": flag,
      listen: text,
      image: text,
      "agent-http": text,
      only: list,
      "allow-missing": list,
      patience: text,
      json: flag,
      list: flag,
      help: { type: "boolean", short: "h" },
    },
  }).values;
}

function adminOf(
  values: { admin?: string | undefined; password?: string | undefined; "api-token"?: string | undefined },
  env: Readonly<Record<string, string | undefined>>,
  problems: string[],
) {
  const token = values["api-token"] ?? env.CONFORMANCE_API_TOKEN;
  if (token) return { token };
  if (!values.admin) return null;
  const password = values.password ?? env.CONFORMANCE_PASSWORD;
  if (!password) problems.push("--admin needs --password, or CONFORMANCE_PASSWORD");
  return { username: values.admin, password: password ?? "" };
}

function urlOf(flag: string, text: string | undefined, problems: string[]): URL | null {
  if (text === undefined) return null;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url && /^https?:$/.test(url.protocol)) return url;
  problems.push(`${flag} '${text}' is not an http or https URL`);
  return null;
}
