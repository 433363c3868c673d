/** `npm run bench -- api [--quick]`: lists, single things and creations by REST, with ten thousand sessions and a thousand agents behind them. Needs `npm run build`; needs no container engine. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import pg from "pg";
import { z } from "zod";
import { describeMachine } from "../measure/machine";
import { machineSettled } from "../measure/settled";
import { BerthStack } from "../start/berth-stack";
import { FullHouse } from "../ui/full-house";
import { measureLive } from "./live-cost";
import { type Asked, press } from "./load";
import { explainPages, lengthen, type PlanRow } from "./plans";
import { type ApiReport, type ApiRow, apiMarkdown } from "./report";

const SESSIONS = 10_000;
const AGENTS = 1_000;
const CLIENTS = 16;
const SUBSCRIBERS = 100;
const CHANGES_PER_SECOND = 50;
/** How long the table of sessions is made in the end, in a full run. */
const MANY_SESSIONS = 1_000_000;

const { values: flags } = parseArgs({
  options: { quick: { type: "boolean", default: false }, json: { type: "string" }, markdown: { type: "string" } },
});
const ms = flags.quick ? 2_000 : 8_000;
const say = (text: string) => process.stderr.write(`${text}\n`);
const pageSchema = z.object({ pagination: z.object({ next_cursor: z.string().nullable() }) });

async function bareServer(databaseUrl: string) {
  const child = spawn(process.execPath, [fileURLToPath(new URL("bare-server.js", import.meta.url)), databaseUrl], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = z.tuple([z.instanceof(Buffer)]).parse(await once(child.stdout, "data"));
  return { origin: `http://127.0.0.1:${line.toString().trim()}`, end: () => child.kill() };
}

/** Without what is in the tables as percentiles. */
const withoutTimes = <Row extends { latenciesMs: readonly number[] }>({ latenciesMs: _, ...row }: Row): Omit<Row, "latenciesMs"> => row;

const get =
  (path: string): ((turn: number) => Asked) =>
  () => ({ method: "GET", path: `/api/v1${path}` });

async function measure(stack: BerthStack, house: FullHouse): Promise<ApiRow[]> {
  const rows: ApiRow[] = [];
  const { authorization } = stack;
  const add = async (name: string, origin: string, next: (turn: number) => Asked | null, forMs = ms) => {
    await machineSettled();
    const load = await press(origin, { clients: CLIENTS, ms: forMs, authorization, next });
    rows.push({ name, ...load });
    say(`${name}: ${load.perSecond.toFixed(0)} a second, of ${load.latenciesMs.length}`);
  };
  const ids = await house.sessionIds(500);
  const one = (turn: number) => ids[turn % ids.length] ?? "";
  // As far back as a person would ever page.
  let cursor = "";
  for (let page = 0; page < 20; page += 1) {
    const { pagination } = await stack.call("GET", `/sessions?limit=100${cursor && `&cursor=${cursor}`}`, null, pageSchema);
    cursor = encodeURIComponent(pagination.next_cursor ?? "");
  }
  const bare = await bareServer(house.url);
  try {
    await add("50 sessions, bare server", bare.origin, () => ({ method: "GET", path: "/sessions" }));
    await add("50 sessions", stack.url, get("/sessions?limit=50"));
    await add("20 sessions, as many as a page has", stack.url, get("/sessions"));
    await add("50 sessions, another page each time", stack.url, (turn) => ({
      method: "GET",
      path: `/api/v1/sessions?limit=50&page=${1 + (turn % 150)}`,
    }));
    await add("50 sessions, 2,000 further by cursor", stack.url, get(`/sessions?limit=50&cursor=${cursor}`));
    await add("50 sessions, running, with a tag", stack.url, get("/sessions?limit=50&state=running&tags=demo"));
    await add("one session, bare server", bare.origin, (turn) => ({ method: "GET", path: `/sessions/${one(turn)}` }));
    await add("one session", stack.url, (turn) => ({ method: "GET", path: `/api/v1/sessions/${one(turn)}` }));
    await add("50 agents", stack.url, get("/agents?limit=50"));
    await add("agents' statistics", stack.url, get("/agents/stats"));
    await add("50 templates", stack.url, get("/templates?limit=50"));
    await add("50 users", stack.url, get("/users?limit=50"));
    await add("who am I", stack.url, get("/auth/me"));
    const body = JSON.stringify({ template: "terminal-desktop", resources: { cpu: "50m", memory: "64Mi" }, persistent_home: false });
    await add("create a session", stack.url, () => ({ method: "POST", path: "/api/v1/sessions", body }));
  } finally {
    bare.end();
  }
  return rows;
}

/** The pages' plans with the rows that are there, and in a full run with a hundred times as many. */
async function plansOf(house: FullHouse): Promise<PlanRow[]> {
  const short = await explainPages(house.url);
  if (flags.quick) return short;
  say(`making it ${MANY_SESSIONS.toLocaleString("en-GB")} sessions`);
  const database = new pg.Client({ connectionString: house.url });
  await database.connect();
  try {
    await lengthen(database, MANY_SESSIONS);
  } finally {
    await database.end();
  }
  return [...short, ...(await explainPages(house.url))];
}

const stack = await BerthStack.start(process.cwd(), ["--driver", "memory"]);
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => void stack.stop().finally(() => process.exit(1)));
try {
  const house = await FullHouse.fill(stack.dataDir, { sessions: SESSIONS, agents: AGENTS });
  try {
    const report: ApiReport = {
      date: new Date().toISOString().slice(0, 10),
      command: `npm run bench -- api${flags.quick ? " --quick" : ""}`,
      machine: describeMachine([]),
      sessions: SESSIONS,
      agents: AGENTS,
      clients: CLIENTS,
      rows: await measure(stack, house),
      live: [
        await measureLive(stack, house, { subscribers: 0, perSecond: CHANGES_PER_SECOND, ms }),
        await measureLive(stack, house, { subscribers: SUBSCRIBERS, perSecond: CHANGES_PER_SECOND, ms }),
      ],
      plans: await plansOf(house),
    };
    const markdown = apiMarkdown(report);
    if (flags.json)
      writeFileSync(
        flags.json,
        `${JSON.stringify({ ...report, rows: report.rows.map(withoutTimes), live: report.live.map(withoutTimes) }, null, 1)}\n`,
      );
    if (flags.markdown) writeFileSync(flags.markdown, `${markdown}\n`);
    process.stdout.write(`${markdown}\n`);
  } finally {
    await house.leave();
  }
} finally {
  await stack.stop();
}
