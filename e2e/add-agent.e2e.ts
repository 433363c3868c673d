import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "@playwright/test";
import { z } from "zod";
import { api } from "./stack/api";
import { test } from "./stack/journey";
import { type Stack, startStack } from "./stack/stack";

let stack: Stack;
const folders: string[] = [];
const children: ChildProcess[] = [];
test.setTimeout(180_000);
test.skip(process.getuid?.() !== 0, "another host is a mount namespace with folders of its own, which root alone can make");

test.beforeAll(async () => {
  stack = await startStack();
});
test.afterAll(async () => {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const ended = once(child, "exit");
    // The shell and what it started.
    if (child.pid) process.kill(-child.pid, "SIGTERM");
    await ended;
  }
  await stack.stop();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const tokenAnswer = z.object({ command: z.string() });
const commandFor = async (name: string) =>
  tokenAnswer.parse(await api(stack.url).call("POST", "/registration-tokens", { agent_name: name })).command;

/** Runs a script as on a host that has Node and an engine and knows nothing of us: no environment, folders that are empty. */
function onAnotherHost(script: string, programs = ""): { child: ChildProcess; said: () => string } {
  const home = mkdtempSync(join(tmpdir(), "berth-host-"));
  folders.push(home);
  for (const folder of ["lib", "units"]) mkdirSync(join(home, folder));
  const mounts = `mount --bind ${home}/lib /var/lib && mkdir -p /etc/systemd/system && mount --bind ${home}/units /etc/systemd/system`;
  const path = `${programs ? `${programs}:` : ""}${process.env.PATH}`;
  const given = [`PATH=${path}`, `HOME=${home}`, `DOCKER_HOST=${process.env.DOCKER_HOST ?? ""}`, `UNITS=${home}`];
  const child = spawn("unshare", ["--mount", "env", "-i", ...given, "sh", "-c", `${mounts} && ${script}`], {
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  children.push(child);
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => (said += String(chunk)));
  return { child, said: () => said };
}

const statusOf = (name: string) =>
  api(stack.url)
    .agent(name)
    .then(({ status }) => status)
    .catch(() => "not there");

test("the pasted command brings another host's agent online, which runs a session; its token is good once", async () => {
  const berth = api(stack.url);
  const command = await commandFor("host-2");
  onAnotherHost(command);
  await expect.poll(() => statusOf("host-2"), { timeout: 60_000 }).toBe("online");
  const created = z
    .object({ id: z.string() })
    .parse(await berth.call("POST", "/sessions", { template: "terminal-desktop", agent_id: "host-2" }));
  await berth.untilPhase(created.id, "Running");
  await berth.call("DELETE", `/sessions/${created.id}`);
  await berth.untilPhase(created.id, "Terminated");
  await berth.call("DELETE", `/sessions/${created.id}`);

  const again = onAnotherHost(command);
  const [code] = await once(again.child, "exit");
  expect(code).not.toBe(0);
  expect(again.said()).toContain("make a new one under Agents");
});

test("with --systemd it writes a unit that systemd takes and that brings the agent online", async () => {
  const programs = mkdtempSync(join(tmpdir(), "berth-stub-"));
  folders.push(programs);
  // There is no systemd to talk to here: what it is asked for is written down.
  writeFileSync(join(programs, "systemctl"), '#!/bin/sh\nprintf "%s\\n" "$*" >>"$UNITS/asked"\n');
  chmodSync(join(programs, "systemctl"), 0o755);
  const verify = existsSync("/usr/bin/systemd-analyze")
    ? "systemd-analyze verify --man=no /etc/systemd/system/berth-agent.service"
    : "true";
  const start = "exec $(sed -n 's/^ExecStart=//p' /etc/systemd/system/berth-agent.service)";
  const command = await commandFor("host-3");
  const { child, said } = onAnotherHost(`${command} --systemd && ${verify} && echo verified && ${start}`, programs);
  await expect.poll(() => statusOf("host-3"), { timeout: 60_000 }).toBe("online");
  expect(said()).toContain("verified");
  const home = folders.at(-1) ?? "";
  expect(readFileSync(join(home, "asked"), "utf8")).toBe("daemon-reload\nenable --now berth-agent.service\n");
  const unit = readFileSync(join(home, "units", "berth-agent.service"), "utf8");
  expect(unit).toContain("Restart=always");
  // The one-time token is in a file, and no list of processes shows it.
  const token = / --token (\S+)/.exec(command)?.[1] ?? "";
  expect(unit).not.toContain(token);
  expect(execFileSync("ps", ["-o", "args=", "-p", String(child.pid)], { encoding: "utf8" })).not.toContain(token);
});
