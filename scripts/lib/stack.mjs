/** The whole of Berth on this machine: control plane, local agent, engine, images. `npm start` and `npm run dev` differ in what they run. */
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { cpus } from "node:os";
import { join, resolve } from "node:path";
import { logPath, onEnd, startNode } from "./children.mjs";
import { controlPlaneAddress, ensurePortsFree, isReady } from "./control-plane-address.mjs";
import { ensureEngine } from "./engine.mjs";
import { askEngine } from "./find-engine.mjs";
import { buildImagesApart } from "./images-apart.mjs";
import { noticeBoard } from "./notices.mjs";
import { dataDir, inRoot } from "./paths.mjs";
import { Refusal, say } from "./say.mjs";

/** A session's CPU is a limit that it rarely uses: this many share a core, or a machine with two cores would be full with two desktops. */
const sessionsPerCore = 4;
const agentRetryMs = [1000, 2000, 5000, 10_000, 30_000];

/**
 * Runs until it is told to end; resolves with the exit code. `programs` gives the arguments of Node for both programs, `env` what both get.
 * The page is reachable as soon as the control plane is; engine and images follow, with notices in the UI meanwhile.
 */
export async function runStack({ programs, env }) {
  const folder = dataDir();
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const address = controlPlaneAddress();
  await ensurePortsFree(address);
  const notices = noticeBoard(folder);
  const stack = new Stack({ folder, address, notices, programs, env });
  const ending = new Promise((resolve) => {
    onEnd((why) => resolve({ why, code: 0 }));
    stack.onFailure = (text) => resolve({ why: text, code: 1 });
  });
  const up = stack.start().catch((error) => {
    say.failed(error instanceof Refusal ? error.message : (error?.stack ?? String(error)));
    return stack.onFailure("it could not start");
  });
  const { why, code } = await ending;
  say.plain("");
  say.step(`Stopping (${why})`);
  await stack.end();
  await up;
  return code;
}

class Stack {
  constructor(parts) {
    Object.assign(this, parts);
    this.ended = false;
    this.inUse = null;
    this.controlPlane = null;
    this.agent = null;
    this.images = null;
    this.onFailure = () => {};
  }

  async start() {
    const tokenFile = join(this.folder, "local-agent-token");
    const engineReady = this.findEngine();
    await this.startControlPlane(tokenFile);
    if (this.ended) return;
    this.sayWelcome();
    const inUse = await engineReady;
    if (!inUse || this.ended) return;
    this.startAgent(inUse, tokenFile, 0);
    await this.buildImages(inUse);
  }

  async findEngine() {
    this.finding = ensureEngine();
    const { inUse, missing } = await this.finding;
    if (inUse) this.inUse = inUse;
    else {
      say.note(`No sessions on this machine: ${missing}`);
      this.notices.set("engine", `This machine runs no sessions: ${missing}`);
    }
    return inUse ?? null;
  }

  async startControlPlane(tokenFile) {
    say.step("Starting the control plane");
    const child = startNode({
      name: "control-plane",
      args: this.programs.controlPlane,
      env: { ...this.env, DATA_DIR: this.folder, BERTH_LOCAL_AGENT_TOKEN_FILE: tokenFile },
      logFile: logPath(this.folder, "control-plane"),
      onLine: (line) => this.show("control plane", line),
    });
    this.controlPlane = child;
    let gone = null;
    child.ended.then((how) => {
      gone = how;
      if (this.ended) return;
      say.failed(
        `The control plane ended (${how}). Its log: ${logPath(this.folder, "control-plane")}\n${child.recent.map(readable).join("\n")}`,
      );
      this.onFailure("the control plane ended");
    });
    for (const deadline = Date.now() + 120_000; !gone && !this.ended; ) {
      if (await isReady(this.address.local)) return;
      if (Date.now() > deadline)
        throw new Refusal(`The control plane was not ready within two minutes. Its log: ${logPath(this.folder, "control-plane")}`);
      await new Promise((resume) => setTimeout(resume, 100));
    }
    this.ended ||= Boolean(gone);
  }

  sayWelcome() {
    const file = join(this.folder, "first-admin-password");
    const username = process.env.ADMIN_USERNAME || "admin";
    say.plain("");
    say.done(`Berth is at ${this.address.publicUrl}`);
    if (existsSync(file)) {
      say.plain(`  Sign in as ${username} with the password ${readFileSync(file, "utf8").trim()}`);
      say.plain("  It is shown this once; change it in the UI, or make a new one with npm run admin:reset.");
      rmSync(file);
    } else
      say.plain(
        `  Sign in as ${username}${process.env.ADMIN_PASSWORD ? " with ADMIN_PASSWORD" : "; lost the password? npm run admin:reset"}.`,
      );
    say.plain("  Ctrl-C stops it.");
    say.plain("");
  }

  /** It is started again when it ends by itself, later each time. */
  startAgent(inUse, tokenFile, failures) {
    if (this.ended) return;
    const child = startNode({
      name: "agent",
      args: [
        ...this.programs.agent,
        ...["--url", this.address.agentUrl, "--name", "local", "--data-dir", join(this.folder, "agent"), "--token-file", tokenFile],
        ...["--max-cpu", String(cpus().length * sessionsPerCore)],
      ],
      env: { ...this.env, DOCKER_HOST: inUse.engine.host, ...trustOfLocalAgent() },
      logFile: logPath(this.folder, "agent"),
      onLine: (line) => this.show("agent", line),
    });
    this.agent = child;
    const started = Date.now();
    child.ended.then((how) => {
      if (this.ended) return;
      const next = Date.now() - started > 60_000 ? 0 : failures;
      const wait = agentRetryMs[Math.min(next, agentRetryMs.length - 1)];
      say.note(`The local agent ended (${how}); it is started again in ${wait / 1000} s. Its log: ${logPath(this.folder, "agent")}`);
      this.agentTimer = setTimeout(() => this.startAgent(inUse, tokenFile, next + 1), wait);
    });
  }

  async buildImages(inUse) {
    this.images = buildImagesApart(inUse.engine.host);
    try {
      if (await this.images.needed) {
        this.notices.set(
          "images",
          "The desktop images are being built on this machine; templates start as soon as theirs is ready (a few minutes).",
        );
        await this.images.done;
      }
      this.notices.set("images", null);
      if (!this.ended) say.done("Desktop images are ready");
    } catch (error) {
      if (this.ended) return;
      say.note(`The desktop images are not ready: ${error.message}`);
      this.notices.set(
        "images",
        `The desktop images could not be built on this machine: ${error.message.split("\n").slice(0, 2).join(" ")}`,
      );
    }
  }

  /** Warnings and worse go to the terminal in a readable form; everything is in the log files. */
  show(name, line) {
    if (process.env.BERTH_VERBOSE || levelOf(line) >= 40) say.plain(`  ${name}: ${readable(line)}`);
  }

  /** Agent, control plane, engine: so that the last thing the control plane hears of a session is how it was, not its end. */
  async end() {
    this.ended = true;
    clearTimeout(this.agentTimer);
    this.images?.stop();
    await this.agent?.end();
    const left = this.inUse && !this.inUse.ours ? await runningSessions(this.inUse.engine.host, this.folder) : 0;
    await this.controlPlane?.end();
    // It may still be being found or started.
    await this.finding?.catch(() => {});
    if (this.inUse && (await this.inUse.leave()))
      say.done("The container engine was stopped, its sessions with it; they show as hibernated at the next start");
    else if (left > 0)
      say.done(`${left} ${left === 1 ? "session goes" : "sessions go"} on in the container engine; the next npm start finds them again`);
    say.done("Stopped");
  }
}

/** A certificate that nobody else vouches for is known to this machine's agent: it is the control plane's own. */
function trustOfLocalAgent(env = process.env) {
  return env.TLS_CERT && !env.NODE_EXTRA_CA_CERTS ? { NODE_EXTRA_CA_CERTS: resolve(inRoot(), env.TLS_CERT) } : {};
}

/** Of this installation's own agent: others may use the same engine. */
async function runningSessions(host, folder) {
  try {
    const { agentId } = JSON.parse(readFileSync(join(folder, "agent", "credential.json"), "utf8"));
    const filters = JSON.stringify({ label: [`dev.berth.agent=${agentId}`, "dev.berth.session"], status: ["running", "paused"] });
    return (await askEngine(host, "GET", `/containers/json?${new URLSearchParams({ filters })}`)).json.length;
  } catch {
    return 0;
  }
}

function levelOf(line) {
  try {
    return JSON.parse(line).level ?? 0;
  } catch {
    return 0;
  }
}

/** A JSON line as words; anything else as it is. */
function readable(line) {
  try {
    const { time, msg, level, err, ...rest } = JSON.parse(line);
    const more = Object.keys(rest).length > 0 ? ` ${JSON.stringify(rest)}` : "";
    return `${msg ?? ""}${err?.message ? ` (${err.message})` : ""}${more}`.trim();
  } catch {
    return line;
  }
}
