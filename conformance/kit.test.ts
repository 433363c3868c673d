import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { commandProgram, wordsOf } from "./agent/agent-program";
import { controlPlaneChecks } from "./control-plane/all-checks";
import { Plane } from "./control-plane/plane";
import { readInvocation } from "./options";
import { asJson, asTable, failures, type Report } from "./report";
import { runChecks } from "./run-checks";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A control plane that is nearly none: what the kit says of it. */
async function reportOn(listener: RequestListener, only: string[], admin = true): Promise<Report> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  const address = server.address();
  const port = address && typeof address === "object" ? address.port : 0;
  const url = new URL(`http://127.0.0.1:${port}`);
  const plane = new Plane({
    url,
    agentsUrl: null,
    token: admin ? null : "a-token",
    admin: admin ? { token: "an-api-token" } : null,
    template: null,
    patienceMs: 200,
  });
  return { side: "control plane", target: url.href, results: await runChecks(controlPlaneChecks, plane, { only }), left: [] };
}

const answer =
  (status: number, body: unknown): RequestListener =>
  (request, response) => {
    request.resume();
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  };
const outcomes = ({ results }: Report) => Object.fromEntries(results.map(({ id, outcome }) => [id, outcome]));

describe("what a control plane does otherwise", () => {
  it("is told in words: which answer, what was expected and what came, without the secrets in it", async () => {
    const stats = { total_agents: "five", online_agents: 4, token: "very-secret" };
    const report = await reportOn(
      (request, response) =>
        request.url === "/api/v1/agents/stats" ? answer(200, stats)(request, response) : answer(201, {})(request, response),
      ["agents-32", "agents-34"],
    );
    expect(outcomes(report)["agents-34"]).toMatchObject({
      kind: "differs",
      where: "GET /api/v1/agents/no-such-agent",
      expected: "404",
      got: "201 {}",
    });
    const table = asTable(report);
    expect(table).toContain("DIFFERS    agents-34   An agent that isn't there is a 404 AGENT_NOT_FOUND");
    expect(table).toContain("expected: 400 (for ?status=asleep)");
    expect(table).toContain("0 hold, 2 differ, 0 not served, 0 not run");
    expect(failures([report], [])).toHaveLength(2);
    expect(JSON.parse(asJson([report], ["agents"]))).toMatchObject({
      conforms: true,
      reports: [{ results: [{ id: "agents-32" }, { id: "agents-34" }] }],
    });
  });

  it("shows no token, key or password of an answer", async () => {
    const report = await reportOn(answer(418, { token: "very-secret", certificate: { key: "more-secret" } }), ["agents-33", "agents-34"]);
    expect(asTable(report)).not.toMatch(/very-secret|more-secret/);
    expect(asTable(report)).toContain('"token":"…"');
  });

  it("is told once: what needs what isn't there is not run, and says why", async () => {
    const report = await reportOn(answer(500, {}), ["agents-1", "agents-2"]);
    expect(outcomes(report)["agents-1"]).toMatchObject({ kind: "differs", expected: "201" });
    expect(outcomes(report)["agents-2"]).toMatchObject({
      kind: "not run",
      notGiven: false,
      why: expect.stringContaining("no enrolled agent"),
    });
    expect(failures([report], [])).toHaveLength(2);
  });

  it("is not served where nothing is there, which fails a run unless its section may be missing", async () => {
    const missing = answer(404, { code: "NOT_FOUND", message: "No such path" });
    const registration = {
      agentId: "7a1b5c9e-6b1f-4d0e-9d0b-5a1f8f6f2c11",
      token: "t",
      config: { heartbeatInterval: 1, taskPollInterval: 1, logLevel: "info" },
      certificate: null,
    };
    const report = await reportOn(
      (request, response) => {
        if (request.url === "/api/v1/agents/register") return answer(201, registration)(request, response);
        if (request.url === "/api/v1/registration-tokens")
          return answer(201, { id: "x", token: "t", created_at: "", expires_at: "" })(request, response);
        return missing(request, response);
      },
      ["node-callbacks"],
    );
    expect(new Set(report.results.map(({ outcome }) => outcome.kind))).toEqual(new Set(["not served"]));
    expect(failures([report], [])).toHaveLength(report.results.length);
    expect(failures([report], ["node-callbacks"])).toEqual([]);
  });

  it("fails no run where the run was not given what it takes to tell", async () => {
    const report = await reportOn(answer(500, {}), ["agents-34", "agents-27"], false);
    expect(report.results.map(({ outcome }) => outcome)).toMatchObject([
      { kind: "not run", notGiven: true, why: expect.stringContaining("--agents-url") },
      { kind: "not run", notGiven: true, why: expect.stringContaining("--admin") },
    ]);
    expect(failures([report], [])).toEqual([]);
  });
});

describe("the command line", () => {
  const names = new Set(["tasks", "agents-1"]);
  const read = (...argv: string[]) => readInvocation(argv, {}, names);

  it("tells everything that is wrong with it at once", () => {
    expect(read("--url", "ftp://x", "--only", "agents-999", "--patience", "long", "--admin", "me")).toEqual({
      kind: "wrong",
      problems: [
        "--url 'ftp://x' is not an http or https URL",
        "'agents-999' is no check and no section; --list shows all",
        "--patience 'long' is not a number of seconds up to 60",
        "--admin needs --password, or CONFORMANCE_PASSWORD",
      ],
    });
    expect(read()).toMatchObject({ kind: "wrong", problems: [expect.stringContaining("--agent or --wait-for-agent")] });
  });

  it("takes a control plane, an agent, or both", () => {
    expect(read("--url", "http://localhost:1", "--agent", "run {url}", "--allow-missing", "tasks", "--listen", "0.0.0.0:99")).toMatchObject(
      {
        kind: "run",
        options: {
          plane: { admin: null },
          agent: { command: "run {url}", host: "0.0.0.0", port: 99 },
          allowMissing: ["tasks"],
          patienceMs: 10_000,
        },
      },
    );
  });

  it("starts an agent by its words, without a shell, with what it has to be told filled in", async () => {
    expect(wordsOf(`node "a file.mjs" --x='y z' '{url}'`)).toEqual(["node", "a file.mjs", "--x='y", "z'", "{url}"]);
    const program = commandProgram(`${process.execPath} -p "process.argv.slice(1).join()" {url} {name} {unknown} $HOME`);
    await program.start({ url: "http://here", name: "a" });
    await expect.poll(() => program.output()).toBe("http://here,a,{unknown},$HOME\n");
    await program.stop();
    await program.clean();
  });
});
