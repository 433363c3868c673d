/**
 * A container engine of a test's own: Debian's dockerd with everything of it in one folder, to be stopped, killed and started again under
 * what runs on it. It makes no firewall rules, so that an engine beside it loses none.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Docker from "dockerode";
import { type EngineTarget, engineTarget } from "../drivers/docker/engine-target";
import { command } from "./command";

const UP_WITHIN_MS = 60_000;
const BRIDGE = "berth-test0";

/** Why no engine of one's own can be had here; null where it can. */
export const noOwnEngine: string | null =
  process.getuid?.() !== 0
    ? "only root can run dockerd"
    : ["/usr/bin", "/usr/sbin", "/usr/local/bin"].some((folder) => existsSync(join(folder, "dockerd")))
      ? null
      : "dockerd is not installed";

export interface OwnEngineOptions {
  /** Size of a filesystem of its own for the engine's data, in MiB; without it the data lies beside everything else. */
  readonly diskMiB?: number;
  /** A port of 127.0.0.1 on which it listens too. */
  readonly port?: number;
}

export class OwnEngine {
  readonly target: EngineTarget;
  readonly docker: Docker;
  readonly dataRoot: string;
  readonly #folder: string;
  readonly #options: OwnEngineOptions;
  #daemon: ChildProcess | null = null;

  private constructor(folder: string, options: OwnEngineOptions) {
    this.#folder = folder;
    this.#options = options;
    this.dataRoot = join(folder, "data");
    this.target = engineTarget(`unix://${join(folder, "docker.sock")}`);
    this.docker = new Docker(this.target.options);
  }

  static async start(options: OwnEngineOptions = {}): Promise<OwnEngine> {
    const engine = new OwnEngine(await mkdtemp(join(tmpdir(), "be-")), options);
    await mkdir(engine.dataRoot);
    if (options.diskMiB) await command("mount", ["-t", "tmpfs", "-o", `size=${options.diskMiB}m`, "berth-test", engine.dataRoot]);
    await engine.start();
    return engine;
  }

  async start(): Promise<void> {
    const log = openSync(join(this.#folder, "dockerd.log"), "a");
    const flags = ["--data-root", this.dataRoot, "--exec-root", join(this.#folder, "exec"), "--pidfile", join(this.#folder, "pid")];
    const hosts = [this.target.name, ...(this.#options.port ? [`tcp://127.0.0.1:${this.#options.port}`] : [])];
    const alone = [...(await bridgeBeside()), "--iptables=false", "--ip6tables=false", "--storage-driver", "overlay2"];
    // It ends with the test, however that ends.
    const daemon = spawn("setpriv", ["--pdeathsig", "TERM", "dockerd", ...flags, ...alone, ...hosts.flatMap((host) => ["-H", host])], {
      stdio: ["ignore", log, log],
      env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin`, DOCKER_HOST: "" },
    });
    closeSync(log);
    await once(daemon, "spawn");
    this.#daemon = daemon;
    for (const until = Date.now() + UP_WITHIN_MS; ; ) {
      if (await this.docker.ping().then(Boolean, () => false)) return;
      if (daemon.exitCode !== null || Date.now() > until) throw new Error(`dockerd did not come up:\n${await this.#lastWords()}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** TERM: it ends its containers first. KILL: they go on until it is back, and it ends them then. */
  async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    const daemon = this.#daemon;
    this.#daemon = null;
    if (!daemon || daemon.exitCode !== null || daemon.signalCode !== null) return;
    const exit = once(daemon, "exit");
    daemon.kill(signal);
    await exit;
    if (signal === "SIGKILL") await this.#containerdGone();
  }

  /** Copies images from another engine, tags included. */
  async load(from: Docker, ...images: string[]): Promise<void> {
    for (const image of images) {
      const archive = await from.getImage(image).get();
      const told = await this.docker.loadImage(archive, { quiet: true });
      for await (const _line of told);
      await this.docker.getImage(image).inspect();
    }
  }

  /** Removes all of it: containers, networks, data and mounts. */
  async end(): Promise<void> {
    if (!this.#daemon) await this.start().catch(() => {});
    for (const { Id } of await this.docker.listContainers({ all: true }).catch(() => [])) {
      await this.docker.getContainer(Id).remove({ force: true, v: true });
    }
    for (const { Id, Name, Driver } of await this.docker.listNetworks().catch(() => [])) {
      if (Driver !== "bridge" || Name === "bridge") continue;
      await this.docker.getNetwork(Id).remove();
      await forgetRules(Id);
    }
    await this.stop();
    await command("ip", ["link", "delete", BRIDGE]).catch(() => {});
    for (const mount of await mountsBelow(this.#folder)) await command("umount", ["-l", mount]);
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** It dies with its daemon, but not at once: a daemon that is started meanwhile takes it for alive and waits for it in vain. */
  async #containerdGone(): Promise<void> {
    const pidFile = join(this.#folder, "exec/containerd/containerd.pid");
    const pid = await readFile(pidFile, "utf8");
    for (;;) {
      const state = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => ") Z");
      if (/\) [ZX]/.test(state)) break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await rm(pidFile, { force: true });
  }

  async #lastWords(): Promise<string> {
    return (await readFile(join(this.#folder, "dockerd.log"), "utf8")).split("\n").slice(-15).join("\n");
  }
}

/** A default bridge of its own: it would use another engine's, and with none at all it would remove that one. */
async function bridgeBeside(): Promise<string[]> {
  await command("ip", ["link", "delete", BRIDGE]).catch(() => {});
  await command("ip", ["link", "add", BRIDGE, "type", "bridge"]);
  await command("ip", ["address", "add", "10.213.78.1/24", "dev", BRIDGE]);
  await command("ip", ["link", "set", BRIDGE, "up"]);
  return ["--bridge", BRIDGE];
}

/** Deepest first. */
async function mountsBelow(folder: string): Promise<string[]> {
  const lines = (await readFile("/proc/self/mounts", "utf8")).split("\n");
  return lines
    .map((line) => line.split(" ")[1] ?? "")
    .filter((path) => path.startsWith(`${folder}/`))
    .sort((a, b) => b.length - a.length);
}

/** The agent's rules for a network that is no longer there. */
async function forgetRules(networkId: string): Promise<void> {
  const rules = (await command("iptables-save", ["-t", "filter"]).catch(() => "")).split("\n");
  const mine = rules.filter((rule) => rule.includes(networkId.slice(0, 6)));
  if (mine.length === 0) return;
  const jumps = mine.filter((rule) => /^-A (?:INPUT|DOCKER-USER) /.test(rule)).map((rule) => rule.replace(/^-A/, "-D"));
  const chains = mine.filter((rule) => rule.startsWith(":")).map((rule) => rule.slice(1).split(" ")[0] ?? "");
  const text = ["*filter", ...jumps, ...chains.map((chain) => `-F ${chain}`), ...chains.map((chain) => `-X ${chain}`), "COMMIT", ""];
  await command("iptables-restore", ["-w", "5", "--noflush"], text.join("\n"));
}
