/**
 * A container engine of our own, for root on a machine where none runs: Debian's dockerd with its data in /var/lib/berth/engine. Whoever uses
 * it (`npm start`, `npm test`) signs in; the last one to sign out stops it.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findProgram } from "./debian.mjs";
import { engineAt } from "./find-engine.mjs";
import { endProcess, markLives, processMark } from "./process-table.mjs";
import { Refusal, say } from "./say.mjs";

const folder = "/var/lib/berth/engine";
const runFolder = "/run/berth-engine";
const users = join(folder, "users");
const bridgeName = "berth0";
const pidFile = join(runFolder, "dockerd.pid");
export const ownEngineHost = `unix://${join(runFolder, "docker.sock")}`;

/** Signs in and starts it unless it runs. Throws `Refusal` with its last words when it doesn't come up. */
export async function enterOwnEngine() {
  mkdirSync(users, { recursive: true, mode: 0o700 });
  mkdirSync(runFolder, { recursive: true, mode: 0o700 });
  const mark = processMark(process.pid) ?? String(process.pid);
  writeFileSync(join(users, mark), "");
  try {
    const running = await engineAt(ownEngineHost);
    return running ?? (await start());
  } catch (error) {
    rmSync(join(users, mark), { force: true });
    throw error;
  }
}

/** Signs out; stops the engine, its containers with it, when no one else uses it. Answers whether it was stopped. */
export async function leaveOwnEngine() {
  rmSync(join(users, processMark(process.pid) ?? String(process.pid)), { force: true });
  const others = readdirSync(users).filter((mark) => {
    if (markLives(mark)) return true;
    rmSync(join(users, mark), { force: true });
    return false;
  });
  if (others.length > 0) return false;
  const pid = daemonPid();
  // It stops its containers first: their grace period is 10 s, the daemon's own limit 15 s.
  if (pid && !(await endProcess(pid, "SIGTERM", 40_000))) await endProcess(pid, "SIGKILL", 5000);
  if (existsSync(`/sys/class/net/${bridgeName}`)) spawnSync(findProgram("ip") ?? "ip", ["link", "delete", bridgeName], { stdio: "ignore" });
  return true;
}

function daemonPid() {
  try {
    const pid = Number.parseInt(readFileSync(pidFile, "utf8"), 10);
    return existsSync(`/proc/${pid}/cmdline`) && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(runFolder) ? pid : null;
  } catch {
    return null;
  }
}

async function start() {
  const program = findProgram("dockerd");
  if (!program) throw new Refusal("dockerd is not installed");
  const leftover = daemonPid();
  if (leftover) await endProcess(leftover, "SIGTERM", 40_000);
  else rmSync(pidFile, { force: true });
  const bridge = bridgeBesideAnother();
  const logFile = join(folder, "dockerd.log");
  const log = openSync(logFile, "w");
  const words = [
    "--data-root",
    join(folder, "data"),
    "--exec-root",
    join(runFolder, "exec"),
    "-H",
    ownEngineHost,
    "--pidfile",
    pidFile,
    ...bridge,
  ];
  // A session of its own: it ends when we say so, not with the terminal.
  const child = spawn(program, words, {
    detached: true,
    stdio: ["ignore", log, log],
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin`, DOCKER_HOST: "" },
  });
  let ended = null;
  child.once("exit", (code, signal) => {
    ended = signal ?? code;
  });
  child.once("error", (error) => {
    ended = error.message;
  });
  child.unref();
  for (const deadline = Date.now() + 60_000; Date.now() < deadline && ended === null; ) {
    const engine = await engineAt(ownEngineHost);
    if (engine) return engine;
    await new Promise((resume) => setTimeout(resume, 100));
  }
  if (ended === null) process.kill(child.pid, "SIGTERM");
  const lastWords = readFileSync(logFile, "utf8").trim().split("\n").slice(-5).join("\n");
  throw new Refusal(
    `The container engine did not come up (${ended === null ? "no answer within a minute" : `dockerd ended with ${ended}`}):\n${lastWords}`,
  );
}

/** Where another engine has the usual bridge, a bridge of our own: two engines would give the same addresses on one. */
function bridgeBesideAnother() {
  const ip = findProgram("ip");
  if (!existsSync("/sys/class/net/docker0") || !ip) return [];
  if (!existsSync(`/sys/class/net/${bridgeName}`)) {
    for (const words of [
      `link add ${bridgeName} type bridge`,
      `address add 10.213.77.1/24 dev ${bridgeName}`,
      `link set ${bridgeName} up`,
    ]) {
      if (spawnSync(ip, words.split(" "), { stdio: "ignore" }).status !== 0) return [];
    }
  }
  return ["--bridge", bridgeName];
}

/** Said when we start it, as it is unusual for a program to do so. */
export function sayOwnEngine() {
  say.done(`Container engine started for Berth, with its data in ${folder}; it ends with Berth`);
}
