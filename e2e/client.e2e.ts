import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "@playwright/test";
import { z } from "zod";
import { api } from "./stack/api";
import { test } from "./stack/journey";
import { stackUrl } from "./stack/people";
import { addressOf, adminPassword, root } from "./stack/stack";

const work = mkdtempSync(join(tmpdir(), "berth-client-e2e-"));
let token: string;

test.beforeAll(async () => {
  const answer = await fetch(`${stackUrl()}/api/v1/auth/login`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-forwarded-for": addressOf("a script") },
    body: JSON.stringify({ username: "admin", password: adminPassword }),
  });
  token = z.object({ token: z.string() }).parse(await answer.json()).token;
});
test.afterAll(() => rmSync(work, { recursive: true, force: true }));

/** Ends a run with what it printed; a program that fails is shown with all of its words. */
function run(
  program: string,
  args: readonly string[],
  env: Record<string, string> = {},
  cwd = root,
  input = "",
): Promise<{ out: string; err: string }> {
  return new Promise((resolve, reject) => {
    const settings = { ...process.env, BERTH_URL: stackUrl(), BERTH_TOKEN: token, XDG_CONFIG_HOME: work, ...env };
    const child = execFile(program, [...args], { cwd, env: settings, maxBuffer: 16 * 1024 * 1024 }, (error, out, err) => {
      if (error) reject(new Error(`${program} ${args.join(" ")}: ${error.message}\n${out}\n${err}`));
      else resolve({ out, err });
    });
    child.stdin?.end(input);
  });
}
const example = (name: string, ...args: string[]) => run(process.execPath, ["--import", "tsx", join("client/examples", name), ...args]);

test("the shell script takes a session from sign-in to sign-out", async () => {
  const { out } = await run("docs/examples/session-lifecycle.sh", [], { BERTH_PASSWORD: adminPassword, TEMPLATE: "terminal-desktop" });
  expect(out).toContain('"name": "firefox-browser"');
  const id = /Session ([0-9a-f-]{36}) is being started/.exec(out)?.[1] ?? "";
  for (const words of ["It runs", `/vnc-viewer/${id}`, '"state": "hibernated"', '"phase": "Running"', "Signed out"])
    expect(out).toContain(words);
  await api(stackUrl()).untilPhase(id, "Terminated");
});

test("the shell script that watches the fleet draws it", async () => {
  const { out } = await run("docs/examples/agent-health.sh", [], { ROUNDS: "2", EVERY: "0.1" });
  expect(out.match(/^local \(docker\): online, \d+\//gm)).toHaveLength(2);
  expect(out).toMatch(/Agents: 1 {2}online 1 {2}offline 0 {2}draining 0/);
});

test("the examples of the typed client start a session, read its log, hibernate it, and end it", async () => {
  const launched = await example("launch-and-hibernate.ts", "terminal-desktop");
  expect(launched.out).toMatch(/runs on local: http/);
  expect((await example("end-tagged.ts", "example")).out).toMatch(/^1 ended$/m);
});

test("berth as one file signs in with what is piped to it, creates a session, and shows its log", async () => {
  const signIn = ["client/dist/berth.mjs", "login", "--url", stackUrl()];
  expect((await run(process.execPath, signIn, { BERTH_TOKEN: "" }, root, `admin\n${adminPassword}\n`)).out).toContain("as admin (admin)");
  const berth = (...args: string[]) => run(process.execPath, ["client/dist/berth.mjs", ...args], { BERTH_URL: "", BERTH_TOKEN: "" });
  const session = z
    .object({ id: z.string(), name: z.string() })
    .parse(JSON.parse((await berth("sessions", "create", "terminal-desktop", "--wait", "--json")).out));
  expect((await berth("sessions", "list")).out).toContain(session.name);
  await expect.poll(async () => (await berth("logs", session.name, "-t")).out).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z /m);
  expect((await berth("sessions", "terminate", session.id, "--wait")).out).toContain("Terminated");
});

test("whoever installs the packed client has all its types, and nothing of this repository", async () => {
  await run("npm", ["pack", "--pack-destination", work], {}, join(root, "client"));
  const packages = join(work, "node_modules");
  mkdirSync(join(packages, "@berth/client"), { recursive: true });
  const [tarball = ""] = readdirSync(work).filter((name) => name.endsWith(".tgz"));
  await run("tar", ["-xzf", join(work, tarball), "--strip-components=1", "-C", join(packages, "@berth/client")]);
  for (const name of ["@trpc", "@types", "ws", "zod"]) symlinkSync(join(root, "node_modules", name), join(packages, name));
  const settings = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    module: "nodenext",
    target: "es2022",
    types: ["node"],
    lib: ["es2023", "dom"],
  };
  writeFileSync(join(work, "package.json"), JSON.stringify({ type: "module" }));
  writeFileSync(join(work, "tsconfig.json"), JSON.stringify({ compilerOptions: settings, files: ["sample.ts"] }));
  writeFileSync(
    join(work, "sample.ts"),
    `import { createBerthClient, RequestError, type Outputs } from "@berth/client";
const berth = createBerthClient({ url: "${stackUrl()}", token: "${token}" });
const { sessions }: Outputs["sessions"]["list"] = await berth.api.sessions.list.query({ limit: 1 });
const phases: ("Running" | "Hibernated" | string)[] = sessions.map((session) => session.status.phase);
// @ts-expect-error -- a template has a name
const wrong = () => berth.api.sessions.create.mutate({ template: 5 });
// @ts-expect-error -- no error has this code
const unknownCode = (error: RequestError): "NO_SUCH_CODE" => error.code;
// @ts-expect-error -- there is no such procedure
const missing = () => berth.api.sessions.explode.mutate({ id: "x" });
const code = await berth.api.sessions.get.query({ id: "00000000-0000-4000-8000-000000000000" }).then(
  () => "none",
  (error: unknown) => (error instanceof RequestError ? error.code : "other"),
);
console.log(JSON.stringify([phases.length, typeof wrong, typeof missing, typeof unknownCode, code]));
await berth.close();
`,
  );
  await run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", "."], {}, work);
  const { out } = await run(process.execPath, ["--import", join(root, "node_modules/tsx/dist/loader.mjs"), "sample.ts"], {}, work);
  expect(out).toContain("SESSION_NOT_FOUND");
});
