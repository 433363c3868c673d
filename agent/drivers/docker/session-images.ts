import { BerthError } from "@berth/protocol/errors";
import type Docker from "dockerode";
import { wordsOf } from "../../log";
import type { FetchedImage, Operation, SessionImage, SessionImages } from "../driver";
import type { EngineContainers } from "./engine-containers";
import { engineError, statusOf } from "./engine-errors";
import { pullImage } from "./image-pull";

/** Images of sessions, fetched beside what runs. */
export class DockerSessionImages implements SessionImages {
  readonly #parts: { readonly docker: Docker; readonly engine: string; readonly containers: EngineContainers };

  constructor(parts: { readonly docker: Docker; readonly engine: string; readonly containers: EngineContainers }) {
    this.#parts = parts;
  }

  async fetch({ sessionId, image, auth }: SessionImage, operation: Operation): Promise<FetchedImage> {
    const { docker, engine, containers } = this.#parts;
    const [container] = await containers.ofSession(sessionId);
    const runningImageId = container?.ImageID ?? null;
    const there = await this.#idOf(image);
    // What a digest names never changes.
    if (there && image.includes("@")) return { imageId: there, runningImageId, pulled: true };
    try {
      await pullImage(docker, engine, image, auth, operation);
      return { imageId: (await this.#idOf(image)) ?? image, runningImageId, pulled: true };
    } catch (error) {
      // One that was built on the host is in no registry.
      if (!there || operation.signal.aborted || !(error instanceof BerthError) || error.code === "DISK_FULL") throw error;
      operation.report("image_pulled", `The host's own ${image} is used: ${wordsOf(error)}`, 100);
      return { imageId: there, runningImageId, pulled: false };
    }
  }

  async #idOf(image: string): Promise<string | null> {
    const { docker, engine } = this.#parts;
    try {
      return (await docker.getImage(image).inspect()).Id;
    } catch (error) {
      if (statusOf(error) === 404) return null;
      throw engineError(error, `look for image ${image}`, engine);
    }
  }
}
