/** Snapshots as volumes, beside an image of the session's file system where that was asked for. */
import { BerthError } from "@berth/protocol/errors";
import { type CreateSnapshotData, SNAPSHOT_IMAGES, type SnapshotResult, snapshotImage, snapshotVolume } from "@berth/protocol/snapshots";
import type Docker from "dockerode";
import type { ContainerInspectInfo } from "dockerode";
import type { Log } from "../../log";
import type { Operation, Snapshots } from "../driver";
import type { ContainerEnder } from "./container-end";
import type { EngineContainers } from "./engine-containers";
import { engineError, engineWords, statusOf } from "./engine-errors";
import type { Homes } from "./homes";
import { findImage, pullImage } from "./image-pull";
import { LABEL, ofAgent } from "./labels";
import type { VolumeCopies } from "./volume-copies";

export interface DockerSnapshotsParts {
  readonly docker: Docker;
  readonly engine: string;
  readonly agent: string;
  readonly containers: EngineContainers;
  readonly ender: ContainerEnder;
  readonly homes: Homes;
  readonly copies: VolumeCopies;
  readonly log: Log;
  /** What happens to the session meanwhile is not told. */
  during<T>(sessionId: string, run: () => Promise<T>): Promise<T>;
}

export class DockerSnapshots implements Snapshots {
  readonly #parts: DockerSnapshotsParts;
  /** Being made now: what is there of them is not left over. */
  readonly #making = new Set<string>();

  constructor(parts: DockerSnapshotsParts) {
    this.#parts = parts;
  }

  async create(request: CreateSnapshotData, operation: Operation): Promise<SnapshotResult> {
    const { docker, engine, containers, homes } = this.#parts;
    const { session_id: sessionId, snapshot, volume, image, filesystem, freeze } = request;
    await homes.ensure(volume, false);
    await this.#drop(snapshotVolume(snapshot));
    const [found] = await containers.ofSession(sessionId);
    const container = found && (await containers.inspect(found.Id));
    if (filesystem && !container)
      throw new BerthError("SESSION_NOT_FOUND", `Session ${sessionId} has no container here, so there is no file system to save`);
    const own = container?.Image ?? image;
    if (!container && !(await findImage(docker, engine, image))) await pullImage(docker, engine, image, undefined, operation);
    const frozen = freeze && container?.State.Running === true && !container.State.Paused;
    this.#making.add(snapshot);
    return this.#still(sessionId, frozen ? container : null, async () => {
      try {
        const imageBytes = filesystem && container ? await this.#commit(snapshot, container) : null;
        operation.report("home_copying", "The home is copied", 0);
        const lenient = container?.State.Running === true && !container.State.Paused && !freeze;
        const size = await this.#parts.copies.copy({
          from: volume,
          to: snapshotVolume(snapshot),
          labels: { [LABEL.snapshot]: snapshot },
          image: own,
          lenient,
          frozen: frozen ? container.Id : null,
          signal: operation.signal,
          progressed: (percent) => operation.report("home_copying", "The home is copied", percent),
        });
        operation.report("home_copied", "The home was copied");
        return { size_bytes: size, image_bytes: imageBytes, consistent: !lenient };
      } catch (error) {
        await this.#removeImage(snapshot).catch(() => undefined);
        throw error;
      }
    }).finally(() => this.#making.delete(snapshot));
  }

  async remove(snapshot: string): Promise<void> {
    await this.#removeImage(snapshot);
    await this.#drop(snapshotVolume(snapshot));
  }

  /** Volumes of snapshots that are whole. */
  async list(): Promise<string[]> {
    const { docker, engine, agent, copies } = this.#parts;
    const half = await copies.unfinished();
    try {
      const { Volumes } = await docker.listVolumes({ filters: JSON.stringify({ label: [LABEL.snapshot, ofAgent(agent)] }) });
      return (Volumes ?? []).map(({ Name }) => Name).filter((name) => !half.has(name));
    } catch (error) {
      throw engineError(error, "list snapshots", engine);
    }
  }

  /**
   * A home that begins as a snapshot's copy; true where it was made now. Throws `HOME_MISSING` where the snapshot is not on this host or the
   * home has to be there already.
   */
  async homeFrom(
    home: { readonly volume: string; readonly from: string },
    image: string,
    mayMake: boolean,
    operation: Operation,
  ): Promise<boolean> {
    const { homes, copies, docker, engine, agent } = this.#parts;
    const half = (await copies.unfinished()).has(home.volume);
    if (!half && (await homes.has(home.volume))) return homes.ensure(home.volume, false);
    if (!mayMake) return homes.ensure(home.volume, false);
    const labels = await this.#labelsOf(home.from);
    if (labels?.[LABEL.snapshot] === undefined || labels[LABEL.agent] !== agent || (await copies.unfinished()).has(home.from))
      throw new BerthError("HOME_MISSING", "The snapshot that this session begins from is not on its host any more");
    if (!(await findImage(docker, engine, image))) throw new BerthError("IMAGE_NOT_FOUND", `Image ${image} is not on the host any more`);
    const tell = (percent: number) => operation.report("home_copying", "The home is copied from its snapshot", percent);
    tell(0);
    await copies.copy({
      from: home.from,
      to: home.volume,
      labels: { [LABEL.home]: home.volume },
      image,
      lenient: false,
      frozen: null,
      signal: operation.signal,
      progressed: tell,
    });
    operation.report("home_copied", "The home was copied from its snapshot");
    return true;
  }

  /** After a crash: half copies, and images whose copy of the home never was whole. */
  async sweep(): Promise<void> {
    const { docker, copies, agent, log } = this.#parts;
    await copies.sweep();
    const whole = new Set(await this.list());
    const half = await copies.unfinished();
    const images = await docker.listImages({ filters: { label: [LABEL.snapshot, ofAgent(agent)] } });
    for (const { RepoTags, Labels } of images) {
      const snapshot = Labels?.[LABEL.snapshot] ?? "";
      const ours = (RepoTags ?? []).includes(snapshotImage(snapshot));
      if (!ours || this.#making.has(snapshot) || whole.has(snapshotVolume(snapshot)) || half.has(snapshotVolume(snapshot))) continue;
      log.info({ snapshot }, "an image of a snapshot that never was whole is taken away");
      await this.#removeImage(snapshot).catch((error: unknown) => log.warn({ err: error, snapshot }, "it could not be removed"));
    }
  }

  /** Whatever comes of it, the container goes on. */
  async #still<T>(sessionId: string, container: ContainerInspectInfo | null, run: () => Promise<T>): Promise<T> {
    const { docker, ender, during } = this.#parts;
    if (!container) return run();
    return during(sessionId, async () => {
      await ender.freeze(container.Id);
      try {
        return await run();
      } finally {
        // It may have been ended or woken meanwhile.
        await docker
          .getContainer(container.Id)
          .unpause()
          .catch((error: unknown) => this.#parts.log.debug({ err: error, sessionId }, "it stood still no more"));
      }
    });
  }

  /** The engine takes over what the container's configuration has beside its image's: values are emptied, so that none of its owner's goes along. */
  async #commit(snapshot: string, container: ContainerInspectInfo): Promise<number> {
    const { docker, engine, agent } = this.#parts;
    try {
      const base = await docker.getImage(container.Image).inspect();
      const emptied = Object.keys(container.Config.Labels).map((name) => [name, ""] as const);
      const labels = { ...Object.fromEntries(emptied), ...base.Config.Labels, [LABEL.snapshot]: snapshot, [LABEL.agent]: agent };
      const own = base.Config.Env ?? [];
      const named = new Set(own.map(nameOf));
      const others = container.Config.Env.map(nameOf).filter((name) => !named.has(name));
      await docker.getContainer(container.Id).commit({
        repo: `${SNAPSHOT_IMAGES}${snapshot}`,
        tag: "latest",
        pause: true,
        ...base.Config,
        Env: [...own, ...others.map((name) => `${name}=`)],
        Labels: labels,
      });
      const made = await docker.getImage(snapshotImage(snapshot)).inspect();
      return Math.max(0, made.Size - base.Size);
    } catch (error) {
      throw engineError(error, "save the session's file system as an image", engine);
    }
  }

  async #removeImage(snapshot: string): Promise<void> {
    const { docker, engine, agent } = this.#parts;
    try {
      const image = docker.getImage(snapshotImage(snapshot));
      if ((await image.inspect()).Config.Labels?.[LABEL.agent] !== agent) return;
      await image.remove();
    } catch (error) {
      if (statusOf(error) === 404) return;
      if (statusOf(error) === 409) throw inUse(snapshot, error);
      throw engineError(error, `remove the image of snapshot ${snapshot}`, engine);
    }
  }

  async #drop(volume: string): Promise<void> {
    const { docker, engine, agent, copies } = this.#parts;
    await copies.dropHalf(volume);
    const labels = await this.#labelsOf(volume);
    if (!labels) return;
    if (labels[LABEL.snapshot] === undefined || labels[LABEL.agent] !== agent)
      throw new BerthError("SPEC_REFUSED", `Volume ${volume} is no snapshot of this agent's and is left alone`);
    try {
      await docker.getVolume(volume).remove();
    } catch (error) {
      if (statusOf(error) === 404) return;
      if (statusOf(error) === 409) throw inUse(volume, error);
      throw engineError(error, `remove ${volume}`, engine);
    }
  }

  async #labelsOf(volume: string): Promise<Record<string, string> | null> {
    const { docker, engine } = this.#parts;
    try {
      return (await docker.getVolume(volume).inspect()).Labels ?? {};
    } catch (error) {
      if (statusOf(error) === 404) return null;
      throw engineError(error, `look for ${volume}`, engine);
    }
  }
}

const nameOf = (variable: string): string => variable.split("=", 1)[0] ?? "";
const inUse = (what: string, error: unknown) =>
  new BerthError("SNAPSHOT_IN_USE", `${what} is used by a container; end what was made of it first (${engineWords(error)})`, {
    cause: error,
  });
