import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DoorKit, startDoorKit } from "../server/testing/door-kit";
import { makeAsker, PASSWORD } from "../server/testing/factories";
import { commandProgram } from "./agent/agent-program";
import { AgentWorld } from "./agent/agent-world";
import { agentChecks } from "./agent/all-checks";
import { contracts } from "./check";
import { controlPlaneChecks } from "./control-plane/all-checks";
import { Plane } from "./control-plane/plane";
import { asTable, failures, type Report } from "./report";
import { runChecks } from "./run-checks";

/** Sections of contracts that are not built yet; the kit names each of their checks as not served. */
const NOT_BUILT = ["agent-task-ways", "agent-ai-sessions"];

function demandConformance(report: Report): void {
  const table = asTable(report);
  if (process.env.BERTH_CONFORMANCE_TABLE) console.log(table);
  expect(failures([report], NOT_BUILT), table).toEqual([]);
  const notRun = report.results.filter(({ outcome, section }) => outcome.kind === "not run" && !NOT_BUILT.includes(section));
  expect(notRun, table).toEqual([]);
  expect(report.left).toEqual([]);
}

describe("this control plane", () => {
  let kit: DoorKit;
  const ends: (() => void)[] = [];
  beforeAll(async () => {
    kit = await startDoorKit({ agentPort: true, startsAt: new Date() });
    // As they are written in a control plane that runs, only sooner.
    const writes = setInterval(() => void kit.heartbeats.flush(), 100);
    // As main does at the word of the bus.
    const removed = kit.bus.subscribe((event) => {
      if (event.kind === "agent_revoked") {
        kit.doors.agents.disconnect(event.agentId, "revoked");
        kit.doors.taskStreams.disconnect(event.agentId, "revoked");
      }
    });
    ends.push(() => clearInterval(writes), removed);
  });
  afterAll(async () => {
    for (const end of ends) end();
    await kit.close();
  });

  it("does all that the agents' contracts say", async () => {
    const { username } = await makeAsker(kit, "admin");
    const plane = new Plane({
      url: new URL(kit.origin),
      agentsUrl: new URL(`https://localhost:${kit.agentPort}`),
      token: null,
      admin: { username, password: PASSWORD },
      template: null,
      patienceMs: 5000,
    });
    const results = await runChecks(controlPlaneChecks, plane);
    demandConformance({ side: "control plane", target: "here", results, left: await plane.clean() });
  }, 120_000);
});

describe("this agent", () => {
  const root = fileURLToPath(new URL("..", import.meta.url));
  const bundle = join(root, "dist", "conformance", "agent.mjs");
  const flags = "--driver memory --url {url} --name {name} --token {token} --ca-sha256 {ca-sha256} --data-dir {dir}";
  const program = commandProgram(`${process.execPath} "${bundle}" ${flags}`);
  const world = new AgentWorld({
    program,
    host: "127.0.0.1",
    port: 0,
    image: "memory/desktop",
    agentHttp: null,
    patienceMs: 15_000,
    say: () => {},
  });
  // Started four times: once built is sooner than four times compiled.
  beforeAll(() =>
    build({
      entryPoints: [join(root, "agent", "main.ts")],
      outfile: bundle,
      bundle: true,
      packages: "external",
      format: "esm",
      platform: "node",
      tsconfig: join(root, "tsconfig.base.json"),
    }),
  );
  afterAll(async () => {
    await world.close();
    await program.clean();
  });

  it("does all that the agents' contracts say", async () => {
    const results = await runChecks(agentChecks, world);
    demandConformance({ side: "agent", target: "here", results, left: [] });
  }, 120_000);
});

describe("the checks", () => {
  it("have an id each that says its contract, and a sentence", () => {
    const all = [...controlPlaneChecks, ...agentChecks];
    const ids = all.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const contract of contracts) expect(ids.some((id) => id.startsWith(`${contract}-`))).toBe(true);
    for (const { says } of all) expect(says).toMatch(/^[A-Za-z].{20,}[^.]$/s);
  });
});
