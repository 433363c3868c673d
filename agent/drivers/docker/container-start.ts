/** From a spec to a container whose display is ready; or nothing at all. */
import { BerthError } from "@berth/protocol/errors";
import { SNAPSHOT_IMAGES } from "@berth/protocol/snapshots";
import type Docker from "dockerode";
import type { ContainerInfo, ContainerInspectInfo } from "dockerode";
import type { Log } from "../../log";
import { reasonOf, throwIfAborted } from "../abort";
import type { Operation, StartRequest } from "../driver";
import { type ContainerEnder, lastLines } from "./container-end";
import { containerOptions } from "./container-spec";
import type { DisplayRoutes } from "./display-routes";
import type { DisplayFolders } from "./display-socket";
import type { DockerSnapshots } from "./docker-snapshots";
import type { EngineContainers } from "./engine-containers";
import { engineError, statusOf, withDiskNamed } from "./engine-errors";
import type { EnginePlace } from "./engine-place";
import { exitWords } from "./exit-words";
import type { Homes } from "./homes";
import { findImage, type ImageFacts, pullImage } from "./image-pull";
import type { IsolatedNetwork } from "./isolated-network";
import { LABEL } from "./labels";
import { attachNetwork, networkAtStart } from "./network-attachment";
import { untilDisplayReady } from "./readiness";
import type { SessionMarks } from "./session-marks";

export interface StarterParts {
  readonly docker: Docker;
  readonly engine: string;
  readonly agent: string;
  readonly containers: EngineContainers;
  readonly ender: ContainerEnder;
  readonly homes: Homes;
  readonly snapshots: DockerSnapshots;
  readonly folders: DisplayFolders;
  readonly routes: DisplayRoutes;
  readonly marks: SessionMarks;
  readonly network: IsolatedNetwork;
  readonly log: Log;
  place(): Promise<EnginePlace>;
}

/** A container that was started, and how its display is reached. */
interface Begun {
  readonly containerId: string;
  readonly bySocket: boolean;
}

/** What was made on the way, to be undone where it fails. */
interface Made {
  container: string | null;
  freshHome: string | null;
}

export class ContainerStarter {
  readonly #parts: StarterParts;

  constructor(parts: StarterParts) {
    this.#parts = parts;
  }

  async start({ sessionId, spec }: StartRequest, operation: Operation, homeMayBeNew: boolean): Promise<ContainerInspectInfo> {
    const { containers, marks, ender, docker, engine } = this.#parts;
    const image = findImage(docker, engine, spec.image);
    // Waited for further down, where it fails too.
    image.catch(() => {});
    const found = await containers.ofSession(sessionId);
    for (const container of found) {
      const generation = containers.generationOf(sessionId, container.Labels);
      if (generation > spec.generation) {
        const words = `Session ${sessionId} is at generation ${generation} here, the command is of ${spec.generation}`;
        throw new BerthError("COMMAND_SUPERSEDED", words);
      }
    }
    const same = found.find(
      (container) => containers.generationOf(sessionId, container.Labels) === spec.generation && container.State === "running",
    );
    for (const container of found) if (container !== same) await ender.remove(container.Id);
    if (same) return this.#adopt(same, { sessionId, spec }, operation);
    await marks.clear(sessionId);
    const made: Made = { container: null, freshHome: null };
    try {
      return await this.#make({ sessionId, spec }, operation, made, { homeMayBeNew, image });
    } catch (error) {
      await this.#undo(sessionId, made);
      throw operation.signal.aborted ? reasonOf(operation.signal) : withDiskNamed(error, (await this.#parts.place()).rootFolder);
    }
  }

  /** It was started before, by this agent or the one that it was: only its display is waited for. */
  async #adopt(found: ContainerInfo, request: StartRequest, operation: Operation): Promise<ContainerInspectInfo> {
    this.#parts.log.info({ sessionId: request.sessionId, containerId: found.Id }, "a container that was there already was adopted");
    try {
      return await this.#ready({ containerId: found.Id, bySocket: found.Labels[LABEL.displayBy] === "socket" }, request, operation);
    } catch (error) {
      await this.#undo(request.sessionId, { container: found.Id, freshHome: null });
      throw operation.signal.aborted ? reasonOf(operation.signal) : error;
    }
  }

  async #make(
    request: StartRequest,
    operation: Operation,
    made: Made,
    given: { homeMayBeNew: boolean; image: Promise<ImageFacts | null> },
  ): Promise<ContainerInspectInfo> {
    const { docker, engine, agent, network } = this.#parts;
    const { spec, sessionId } = request;
    const place = await this.#parts.place();
    const bySocket = spec.display.protocol === "rfb" && spec.display.unix_socket && place.sharesFiles && this.#socketFits(sessionId);
    const plan = {
      sessionId,
      agent,
      spec,
      network: networkAtStart(bySocket),
      displayFolder: bySocket ? this.#parts.folders.folderOf(sessionId) : null,
      publishDisplay: !bySocket && !place.sharesNetwork,
      imageHome: null,
    };
    // Refused before anything is made for it.
    containerOptions(plan);
    const known = await given.image;
    if (!known && spec.image.startsWith(SNAPSHOT_IMAGES))
      throw new BerthError("IMAGE_NOT_FOUND", "The snapshot whose file system this session has is not on its host any more");
    const image = known ?? (await pullImage(docker, engine, spec.image, spec.registry_auth, operation));
    throwIfAborted(operation.signal);
    if (!bySocket) await network.ensure();
    const copied = spec.home?.from !== undefined;
    if (spec.home && (await this.#ensureHome(spec.home, spec.image, given.homeMayBeNew, operation))) made.freshHome = spec.home.volume;
    if (bySocket) await this.#parts.folders.make(sessionId);
    throwIfAborted(operation.signal);

    const options = containerOptions({ ...plan, imageHome: image.home });
    try {
      made.container = (await docker.createContainer(options)).id;
    } catch (error) {
      throw this.#createError(error, options.name ?? "", spec.image);
    }
    operation.report("container_created", `Container ${options.name} was created`);
    if (made.freshHome && !copied && spec.security === "strict" && place.sharesFiles) await this.#giveHome(made.freshHome);
    throwIfAborted(operation.signal);
    try {
      await docker.getContainer(made.container).start();
    } catch (error) {
      throw engineError(error, `start container ${options.name}`, engine);
    }
    operation.report("container_started", `Container ${options.name} was started`);
    return this.#ready({ containerId: made.container, bySocket }, request, operation);
  }

  #ensureHome(home: NonNullable<StartRequest["spec"]["home"]>, image: string, mayMake: boolean, operation: Operation): Promise<boolean> {
    const { volume, from } = home;
    return from === undefined
      ? this.#parts.homes.ensure(volume, mayMake)
      : this.#parts.snapshots.homeFrom({ volume, from }, image, mayMake, operation);
  }

  async #ready(begun: Begun, request: StartRequest, operation: Operation): Promise<ContainerInspectInfo> {
    const { containers, docker, network, engine } = this.#parts;
    const { containerId, bySocket } = begun;
    const display = this.#displayReady(begun, request, operation);
    const attached = bySocket ? attachNetwork({ docker, engine, network, containerId, display }) : null;
    const [shown, joined] = await Promise.allSettled([display, attached]);
    if (shown.status === "rejected") throw shown.reason;
    const ready = await containers.inspect(containerId);
    if (!ready?.State.Running) throw await this.#exited(docker, containerId, ready);
    if (joined.status === "rejected") throw joined.reason;
    return ready;
  }

  async #displayReady({ containerId, bySocket }: Begun, { sessionId, spec }: StartRequest, operation: Operation): Promise<void> {
    const { routes } = this.#parts;
    let container = bySocket ? null : await this.#running(containerId);
    await untilDisplayReady({
      protocol: spec.display.protocol,
      path: spec.display.path,
      port: spec.display.port,
      timeoutSeconds: spec.ready_timeout_seconds,
      signal: operation.signal,
      open: () => (container ? routes.toDisplay(sessionId, container) : routes.toSocket(sessionId)),
      stillRuns: async () => {
        const seen = await this.#running(containerId);
        if (!bySocket) container = seen;
      },
    });
    operation.report("display_ready", `The ${spec.display.protocol} display is ready`);
  }

  async #running(containerId: string): Promise<ContainerInspectInfo> {
    const { containers, docker } = this.#parts;
    const container = await containers.inspect(containerId);
    if (!container?.State.Running) throw await this.#exited(docker, containerId, container);
    return container;
  }

  async #exited(docker: Docker, containerId: string, container: ContainerInspectInfo | null): Promise<BerthError> {
    if (!container) return new BerthError("CONTAINER_EXITED", "The session's container was removed from outside while it started");
    const lines = await lastLines(docker, containerId);
    const words = `The session's container ${exitWords(container.State.ExitCode, container.State.OOMKilled)} while it started`;
    return new BerthError("CONTAINER_EXITED", `${words}${lines ? `. It said last:\n${lines}` : " and said nothing"}`);
  }

  #createError(error: unknown, name: string, image: string): BerthError {
    if (statusOf(error) === 404) {
      return new BerthError("IMAGE_NOT_FOUND", `Image ${image} was removed from the host while the session started; start it again`, {
        cause: error,
      });
    }
    return engineError(error, `create container ${name}`, this.#parts.engine);
  }

  #socketFits(sessionId: string): boolean {
    const fits = this.#parts.folders.fits(sessionId);
    if (!fits) this.#parts.log.warn({ sessionId }, "the data folder's path is too long for a display socket; a port is used instead");
    return fits;
  }

  async #giveHome(volume: string): Promise<void> {
    try {
      await this.#parts.homes.giveToUser(volume);
    } catch (error) {
      this.#parts.log.warn({ err: error, volume }, "a new home could not be given to the session's user");
    }
  }

  async #undo(sessionId: string, made: Made): Promise<void> {
    const { ender, folders, homes, log } = this.#parts;
    const steps = [
      () => (made.container ? ender.remove(made.container) : Promise.resolve()),
      () => folders.remove(sessionId),
      () => (made.freshHome ? homes.remove(made.freshHome) : Promise.resolve()),
    ];
    for (const step of steps) {
      try {
        await step();
      } catch (error) {
        // The reason of the failure is what counts; what is left has labels and is found by the inventory.
        log.error({ err: error, sessionId }, "something of a failed start could not be removed");
      }
    }
  }
}
