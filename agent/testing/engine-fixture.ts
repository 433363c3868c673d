/** For tests on a real container engine: a driver of the test's own on it, small images that misbehave, and no traces. */
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Docker from "dockerode";
import { DockerDriver, type DockerDriverOptions } from "../drivers/docker/docker-driver";
import { type EngineTarget, engineTarget } from "../drivers/docker/engine-target";
import { createLog } from "../log";

export const DESKTOP_IMAGE = "berth/terminal-desktop:1";
/** What our own images are built on: Debian without a desktop. */
export const BASE_IMAGE = "berth/debian:bookworm";
export const WEB_IMAGE = { image: "berth/scratchpad:1", port: 8080 };

export class EngineFixture {
  readonly docker: Docker;
  /** Nothing of other agents on this engine is seen or touched. */
  readonly agent: string = randomUUID();
  readonly #folders: string[] = [];
  readonly #images: string[] = [];
  readonly #drivers: DockerDriver[] = [];

  constructor(readonly target: EngineTarget = engineTarget(process.env.DOCKER_HOST)) {
    this.docker = new Docker(target.options);
  }

  async dataDir(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), "ba-"));
    this.#folders.push(folder);
    return folder;
  }

  async driver(overrides: Partial<DockerDriverOptions> = {}): Promise<DockerDriver> {
    const driver = await DockerDriver.open({
      target: this.target,
      agent: this.agent,
      dataDir: overrides.dataDir ?? (await this.dataDir()),
      controlPlaneHost: null,
      log: createLog("silent"),
      ...overrides,
    });
    this.#drivers.push(driver);
    return driver;
  }

  /** The desktop's image with another program in it: what `sh` is given. */
  async imageThatRuns(script: string, user = "user", from = DESKTOP_IMAGE): Promise<string> {
    const tag = randomUUID().slice(0, 8);
    const changes = [`ENTRYPOINT ["sh","-c",${JSON.stringify(script)}]`, "CMD []", `USER ${user}`];
    const template = await this.docker.createContainer({ Image: from, Cmd: ["true"], Labels: { "dev.berth.test": this.agent } });
    try {
      await template.commit({ repo: "berth-test/script", tag, changes: changes.join("\n") });
    } finally {
      await template.remove();
    }
    this.#images.push(`berth-test/script:${tag}`);
    return `berth-test/script:${tag}`;
  }

  /** A small image of a display that says an RFB banner and nothing more, at its unix socket or its port. */
  bannerImage(): Promise<string> {
    const listen = "$ENV{BERTH_DISPLAY_SOCKET} ? (Local => $ENV{BERTH_DISPLAY_SOCKET}) : (LocalPort => $ENV{BERTH_DISPLAY_PORT})";
    const program = [
      `my %at = ${listen};`,
      `my $server = ($at{Local} ? 'IO::Socket::UNIX' : 'IO::Socket::INET')->new(%at, Listen => 9, ReuseAddr => 1) or die;`,
      `while (my $viewer = $server->accept) { $viewer->syswrite(qq(RFB 003.008\n)); }`,
    ].join(" ");
    return this.imageThatRuns(
      `exec perl -MIO::Socket::UNIX -MIO::Socket::INET -e "${program.replaceAll("$", "\\$")}"`,
      "1000:1000",
      BASE_IMAGE,
    );
  }

  /** What a command in a container printed. */
  async inside(containerId: string | null, command: string[], user = "1000:1000"): Promise<{ output: string; exitCode: number | null }> {
    const exec = await this.docker
      .getContainer(containerId ?? "")
      .exec({ Cmd: command, AttachStdout: true, AttachStderr: true, Tty: true, User: user });
    const stream = await exec.start({ Tty: true });
    let output = "";
    for await (const chunk of stream) output += String(chunk);
    return { output, exitCode: (await exec.inspect()).ExitCode };
  }

  async end(): Promise<void> {
    const label = [`dev.berth.agent=${this.agent}`];
    for (const { Id } of await this.docker.listContainers({ all: true, filters: { label } })) {
      await this.docker.getContainer(Id).remove({ force: true, v: true });
    }
    // Without sessions they take their firewall rules along.
    for (const driver of this.#drivers) await driver.close();
    const { Volumes } = await this.docker.listVolumes({ filters: JSON.stringify({ label }) });
    for (const { Name } of Volumes ?? []) await this.docker.getVolume(Name).remove();
    for (const image of this.#images) await this.docker.getImage(image).remove({ force: true });
    for (const folder of this.#folders) await rm(folder, { recursive: true, force: true });
  }
}
