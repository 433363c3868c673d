/**
 * The homes of sessions that don't run, for programs that look after files in them: a container of the session's own image and user, with
 * the home and nothing else, without network. It is made when it is asked for, and goes some minutes after its last program has ended;
 * a session that is woken does not wait for that.
 */
import { BerthError } from "@berth/protocol/errors";
import type Docker from "dockerode";
import type { ContainerInspectInfo } from "dockerode";
import type { Log } from "../../log";
import type { Exec, ExecRequest } from "../driver";
import type { ContainerEnder } from "./container-end";
import { execInContainer } from "./container-exec";
import { engineError, engineWords } from "./engine-errors";
import { LABEL, ofAgent } from "./labels";

const MEBIBYTE = 1024 * 1024;
export const IDLE_MS = 5 * 60_000;

interface Opened {
  readonly volume: string;
  readonly containerId: Promise<string>;
  programs: number;
  /** The session runs again or is gone: it goes with its last program. */
  retired: boolean;
  idle: ReturnType<typeof setTimeout> | null;
}

export interface RestingHomesParts {
  readonly docker: Docker;
  readonly engine: string;
  readonly agent: string;
  readonly ender: ContainerEnder;
  readonly log: Log;
}

export class RestingHomes {
  readonly #parts: RestingHomesParts;
  readonly #opened = new Map<string, Opened>();

  constructor(parts: RestingHomesParts) {
    this.#parts = parts;
  }

  /** `container` is the session's own, which does not run. Throws SESSION_NOT_RUNNING where it keeps no home. */
  async exec(request: ExecRequest, container: ContainerInspectInfo): Promise<Exec> {
    const { docker, engine } = this.#parts;
    const { sessionId } = request;
    const opened = this.#opened.get(sessionId) ?? this.#open(sessionId, container);
    opened.programs += 1;
    if (opened.idle) clearTimeout(opened.idle);
    const over = () => {
      opened.programs -= 1;
      if (opened.programs === 0) this.#rest(sessionId, opened);
    };
    try {
      const exec = await execInContainer(docker, engine, await opened.containerId, request);
      void exec.exit.then(over, over);
      return exec;
    } catch (error) {
      // It was ended from outside: the next one makes it anew.
      opened.retired = true;
      if (this.#opened.get(sessionId) === opened) this.#opened.delete(sessionId);
      over();
      throw error;
    }
  }

  /** The session runs again. What goes on in its home may go on. */
  retire(sessionId: string): void {
    const opened = this.#opened.get(sessionId);
    if (!opened) return;
    this.#opened.delete(sessionId);
    opened.retired = true;
    if (opened.programs === 0) this.#rest(sessionId, opened);
  }

  /** Nothing holds the volume any more when this resolves. */
  async leave(volume: string): Promise<void> {
    for (const [sessionId, opened] of this.#opened) {
      if (opened.volume !== volume) continue;
      this.#opened.delete(sessionId);
      if (opened.idle) clearTimeout(opened.idle);
      await this.#remove(opened);
    }
  }

  /** What an agent left that is no more. */
  async sweep(): Promise<void> {
    const { docker, agent, ender } = this.#parts;
    const found = await docker.listContainers({ all: true, filters: { label: [ofAgent(agent), LABEL.filesOf] } });
    for (const { Id, Labels } of found) if (!this.#opened.has(Labels[LABEL.filesOf] ?? "")) await ender.remove(Id);
  }

  async close(): Promise<void> {
    const all = [...this.#opened.values()];
    this.#opened.clear();
    for (const opened of all) {
      if (opened.idle) clearTimeout(opened.idle);
      await this.#remove(opened);
    }
  }

  #open(sessionId: string, container: ContainerInspectInfo): Opened {
    const home = container.Mounts.find(({ Type, Name }) => Type === "volume" && Name?.startsWith("berth-home-"));
    if (!home?.Name) throw new BerthError("SESSION_NOT_RUNNING", `Session ${sessionId} does not run, and keeps no home to look into`);
    const containerId = this.#make(sessionId, container, { volume: home.Name, path: home.Destination });
    containerId.catch(() => undefined);
    const opened: Opened = { volume: home.Name, containerId, programs: 0, retired: false, idle: null };
    this.#opened.set(sessionId, opened);
    return opened;
  }

  async #make(sessionId: string, container: ContainerInspectInfo, home: { volume: string; path: string }): Promise<string> {
    const { docker, engine, agent } = this.#parts;
    try {
      const made = await docker.createContainer({
        Image: container.Image,
        Entrypoint: ["sleep", "604800"],
        Cmd: [],
        User: container.Config.User,
        WorkingDir: "/",
        Labels: { [LABEL.agent]: agent, [LABEL.filesOf]: sessionId },
        HostConfig: {
          NetworkMode: "none",
          CapDrop: ["ALL"],
          CapAdd: container.HostConfig.CapAdd ?? [],
          SecurityOpt: ["no-new-privileges"],
          ReadonlyRootfs: true,
          Init: true,
          Memory: 256 * MEBIBYTE,
          PidsLimit: 128,
          Tmpfs: { "/tmp": "rw,noexec,nosuid,nodev,mode=1777,size=16m" },
          Mounts: [
            {
              Type: "volume",
              Source: home.volume,
              Target: home.path,
              VolumeOptions: { NoCopy: true, Labels: {}, DriverConfig: { Name: "local", Options: {} } },
            },
          ],
          LogConfig: { Type: "json-file", Config: { "max-size": "1m" } },
        },
      });
      await made.start();
      return made.id;
    } catch (error) {
      if (/executable file not found/i.test(engineWords(error)))
        throw new BerthError("SESSION_LACKS_PROGRAM", `The image of session ${sessionId} has no sleep, which looking into its home needs`);
      throw engineError(error, `open the home of session ${sessionId}`, engine);
    }
  }

  #rest(sessionId: string, opened: Opened): void {
    const end = () => {
      if (this.#opened.get(sessionId) === opened) this.#opened.delete(sessionId);
      void this.#remove(opened);
    };
    if (opened.retired) return end();
    opened.idle = setTimeout(end, IDLE_MS);
    opened.idle.unref();
  }

  async #remove(opened: Opened): Promise<void> {
    try {
      await this.#parts.ender.remove(await opened.containerId);
    } catch (error) {
      this.#parts.log.info(
        { err: error, volume: opened.volume },
        "what showed a home's files could not be removed; the next start does it",
      );
    }
  }
}
