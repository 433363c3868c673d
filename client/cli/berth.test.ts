import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { startBerth } from "../testing/start-berth";
import { credentialsFile } from "./credentials";
import { runCli } from "./run-cli";
import type { World } from "./world";

let berth: Awaited<ReturnType<typeof startBerth>>;
let user: Awaited<ReturnType<typeof berth.person>>;
let operator: Awaited<ReturnType<typeof berth.person>>;
const folders: string[] = [];

beforeAll(async () => {
  berth = await startBerth();
  user = await berth.person();
  operator = await berth.person("operator");
});
afterAll(async () => {
  await berth.close();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

interface Typed extends World {
  readonly stdout: string[];
  readonly stderr: string[];
  readonly opened: string[];
  readonly questions: string[];
  readonly interrupt: AbortController;
  answers: string[];
}

let configDir: string;
beforeEach(() => {
  configDir = mkdtempSync(join(tmpdir(), "berth-cli-"));
  folders.push(configDir);
});

function world(changes: Partial<World> = {}): Typed {
  const interrupt = new AbortController();
  const typed: Typed = {
    env: { BERTH_URL: berth.url, BERTH_TOKEN: user.token },
    configDir,
    stdout: [],
    stderr: [],
    opened: [],
    questions: [],
    answers: [],
    terminal: null,
    streams: { stdin: Readable.from([]), stdout: new PassThrough(), stderr: new PassThrough(), terminal: null },
    out: (text) => void typed.stdout.push(text),
    err: (text) => void typed.stderr.push(text),
    ask: async (question) => {
      typed.questions.push(question);
      return typed.answers.shift() ?? "";
    },
    openBrowser: async (url) => void typed.opened.push(url),
    interrupt,
    signal: interrupt.signal,
    ...changes,
  };
  return typed;
}

async function run(words: string, changes: Partial<World> = {}) {
  const typed = world(changes);
  const code = await runCli(words.split(" "), typed);
  return { code, out: typed.stdout.join("\n"), err: typed.stderr.join("\n"), typed };
}
const json = async (words: string, changes: Partial<World> = {}) => JSON.parse((await run(`${words} --json`, changes)).out);
const asOperator = () => ({ env: { BERTH_URL: berth.url, BERTH_TOKEN: operator.token } });
const created = async (name: string): Promise<{ id: string; name: string }> =>
  json(`sessions create terminal-desktop --name ${name} --wait`);

describe("berth login", () => {
  it("asks for name and password, keeps the token for the user alone, and the next command uses it", async () => {
    const typed = world({ env: {} });
    typed.answers = [user.username, user.password];
    expect(await runCli(["login", "--url", berth.url], typed)).toBe(0);
    expect(typed.questions).toEqual(["Username: ", "Password: "]);
    expect(typed.stdout.join()).toContain(`Signed in at ${berth.url} as ${user.username} (user)`);
    expect(statSync(credentialsFile({ configDir })).mode & 0o777).toBe(0o600);
    expect((await run("whoami", { env: {} })).out).toBe(`${user.username} (user) at ${berth.url}`);
    expect(await run("whoami", { env: { BERTH_URL: "http://127.0.0.1:9" } })).toMatchObject({ code: 3 });
    expect((await run("logout", { env: {} })).code).toBe(0);
    expect(await run("whoami", { env: {} })).toMatchObject({ code: 2, err: expect.stringContaining("berth login") });
  });

  it("takes a token instead, and keeps none that isn't good", async () => {
    expect(await run(`login --url ${berth.url} --token ${user.token}`, { env: {} })).toMatchObject({ code: 0 });
    expect(await json("whoami", { env: {} })).toMatchObject({ username: user.username });
    expect(await run(`login --url ${berth.url} --token made-up`, { env: {} })).toMatchObject({ code: 3 });
    expect(await json("whoami", { env: {} })).toMatchObject({ username: user.username });
  });

  it("says that a password is wrong, and ends with 3", async () => {
    const typed = world({ env: {} });
    typed.answers = [user.username, "not it"];
    expect(await runCli(["login", "--url", berth.url], typed)).toBe(3);
    expect(typed.stderr.join()).toContain("AUTH_INVALID_CREDENTIALS");
    expect(typed.stdout).toEqual([]);
  });
});

describe("berth sessions", () => {
  it("lets one wait in line where no agent can take it, and ends it there", async () => {
    const wish = "sessions create terminal-desktop --name patient --label gpu=yes --capability render --strategy pack";
    expect(await run(wish)).toMatchObject({ code: 1, err: expect.stringContaining("with label gpu=yes, capability render") });
    const made = await run(`${wish} --queue`);
    expect(made).toMatchObject({ code: 0, out: expect.stringMatching(/^patient {2}Waits for room: 1st of 1 {2}/) });
    expect((await run("sessions terminate patient")).code).toBe(0);
    expect((await json("sessions get patient")).status).toMatchObject({ phase: "Terminated", queue: null });
  });

  it("creates one and waits, shows it, lists it, opens it", async () => {
    const made = await run("sessions create terminal-desktop --name first --tag one --tag two --memory 512Mi --open");
    expect(made).toMatchObject({ code: 0, out: expect.stringMatching(/^first {2}Running {2}/) });
    const session = await json("sessions get first");
    expect(session).toMatchObject({ name: "first", tags: ["one", "two"], resources: { memory: "512Mi" } });
    expect(made.typed.opened).toEqual([`${berth.url}/sessions/${session.id}`]);
    expect((await run(`sessions get ${session.id}`)).out).toMatch(/phase +Running/);
    const list = (await run("sessions list")).out.split("\n");
    expect(list[0]).toMatch(/^NAME +PHASE +OWNER/);
    expect(list.some((line) => line.startsWith("first ") && line.endsWith(session.id))).toBe(true);
    expect((await json("sessions list --tag one --state running")).sessions).toHaveLength(1);
    expect((await run("sessions list --tag nothing")).out).toBe("No sessions");
    expect((await run("sessions open first")).typed.opened).toEqual([`${berth.url}/sessions/${session.id}`]);
  });

  it("hibernates, wakes, terminates and deletes", async () => {
    await created("second");
    expect((await run("sessions hibernate second --wait")).out).toMatch(/Hibernated/);
    expect((await run("sessions wake second --wait")).out).toMatch(/Running/);
    expect((await run("sessions terminate second --wait")).out).toMatch(/Terminated/);
    expect(await json("sessions delete second")).toMatchObject({ deleted: true });
    expect(await run("sessions get second")).toMatchObject({ code: 2, err: expect.stringContaining("no session 'second'") });
  });

  it("shows the list again when it changes, until it is interrupted", async () => {
    await created("third");
    const typed = world({ terminal: { columns: 60 } });
    const watching = runCli(["sessions", "list", "--watch", "--search", "third"], typed);
    await vi.waitFor(() => expect(typed.stdout.at(-1)).toContain("Running"));
    for (const line of typed.stdout.at(-1)?.split("\n") ?? []) expect(line.length).toBeLessThanOrEqual(70);
    await run("sessions hibernate third");
    await vi.waitFor(() => expect(typed.stdout.at(-1)).toContain("Hibern"));
    typed.interrupt.abort();
    expect(await watching).toBe(130);
  });

  it("ends with 4 when what is waited for does not come in time", async () => {
    const made = await run("sessions create terminal-desktop --name fourth --wait --timeout 0");
    expect(made).toMatchObject({ code: 4, out: "" });
  });
});

describe("berth env", () => {
  it("sets, hides, reveals and removes a session's variables, taking a value from one's own environment", async () => {
    await created("with-variables");
    const env = { BERTH_URL: berth.url, BERTH_TOKEN: user.token, TOKEN: "from-here" };
    expect((await run("env with-variables EDITOR=vi TOKEN --secret", { env })).out).toContain("until it is restarted");
    const hidden = (await run("env with-variables")).out;
    expect(hidden).toMatch(/EDITOR +\(hidden\) +session, secret/);
    expect(hidden).not.toContain("from-here");
    expect((await run("env with-variables --reveal")).out).toMatch(/TOKEN +from-here/);
    await run("env with-variables --unset EDITOR TOKEN");
    expect((await run("env with-variables")).out).not.toContain("EDITOR");
    expect(await run("env with-variables NOT_THERE")).toMatchObject({ code: 2 });
    expect(await run("env with-variables PATH=/x")).toMatchObject({ code: 1, err: expect.stringContaining("is reserved") });
  });
});

describe("berth logs", () => {
  it("prints one stream, what came since, and the log of a session that has ended", async () => {
    const { id } = await created("talker");
    berth.driver.print(id, "broken", "stderr");
    expect((await run("logs talker --stderr")).out).toBe("broken");
    expect((await run("logs talker --stdout")).out).not.toContain("broken");
    expect((await run("logs talker --since 1h")).out).toContain("broken");
    expect((await run("logs talker --since 2099-01-01T00:00:00Z")).out).toBe("");
    expect(await run("logs talker --since soon")).toMatchObject({ code: 2 });
    await run("sessions terminate talker --wait");
    expect((await run("logs talker -n 2")).out).toBe("broken\nThe container of start 1 was ended");
  });

  it("prints lines; for a terminal without carrying out what is in them", async () => {
    const { id } = await created("printer");
    berth.driver.print(id, "\u001b[31mred");
    expect((await run("logs printer --tail 1")).out).toBe("\u001b[31mred");
    expect((await run("logs printer --tail 1", { terminal: { columns: 80 } })).out).toBe("^[[31mred");
    const { logs } = await json("logs printer -n 1 -t");
    expect(logs[0]).toMatch(/^\d{4}-\d\d-\d\dT/);
    expect(logs[0].endsWith("Z \u001b[31mred")).toBe(true);
  });

  it("-f goes on until the container has ended", async () => {
    const { id } = await created("follower");
    const typed = world();
    const following = runCli(["logs", "-f", "follower"], typed);
    await vi.waitFor(() => expect(typed.stdout.length).toBeGreaterThan(0));
    berth.driver.print(id, "later");
    await vi.waitFor(() => expect(typed.stdout).toContain("later"));
    berth.driver.kill(id);
    expect(await following).toBe(0);
  });
});

describe("the other lists", () => {
  it("templates and homes are anyone's", async () => {
    expect((await run("templates list")).out).toMatch(/terminal-desktop/);
    await created("housed");
    expect((await run("homes list")).out).toMatch(/^NAME +OWNER/);
    expect(
      (await json("homes list --limit 100")).homes.some((home: { usedBy: { name: string } | null }) => home.usedBy?.name === "housed"),
    ).toBe(true);
  });

  it("tasks, and one of them", async () => {
    const { id } = await created("tasked");
    const [task] = (await json(`tasks list --session ${id}`)).tasks;
    expect(task).toMatchObject({ kind: "session.start", state: "completed" });
    expect((await run("tasks list")).out).toMatch(/session\.start/);
    expect((await run(`tasks get ${task.id}`)).out).toMatch(/^session\.start {2}completed {2}host-a/);
  });

  it("agents are the operators': listed, drained and resumed", async () => {
    expect(await run("agents list")).toMatchObject({ code: 1, err: expect.stringContaining("AUTH_INSUFFICIENT_PERMISSIONS") });
    expect((await run("agents list", asOperator())).out).toMatch(/host-a +online/);
    expect((await run("agents drain host-a", asOperator())).out).toBe("host-a is draining");
    expect((await run("agents resume host-a", asOperator())).out).toBe("host-a is online");
    expect(await run("agents drain no-such-host", asOperator())).toMatchObject({
      code: 1,
      err: expect.stringMatching(/AGENT_NOT_FOUND.*req-/),
    });
  });
});

describe("what it ends with", () => {
  it.each([
    ["sessions nonsense", 2],
    ["sessions create", 2],
    ["logs x --tail some", 2],
    ["sessions list --state nonsense", 2],
    ["--help", 0],
    ["--version", 0],
    ["sessions create no-such-template", 1],
  ])("berth %s: %i", async (words, code) => {
    const ended = await run(words);
    expect(ended.code).toBe(code);
    if (code !== 0) expect(ended).toMatchObject({ out: "", err: expect.stringMatching(/\w/) });
  });

  it("5 where nothing answers, 3 without a login, 2 without an address", async () => {
    expect(await run("whoami", { env: { BERTH_URL: "http://127.0.0.1:9", BERTH_TOKEN: "x" } })).toMatchObject({ code: 5 });
    expect(await run("whoami", { env: { BERTH_URL: berth.url } })).toMatchObject({ code: 3 });
    expect(await run("whoami", { env: {} })).toMatchObject({ code: 2 });
    expect(await run("whoami", { env: { BERTH_URL: "ftp://x" } })).toMatchObject({ code: 2 });
  });
});
