/** Images: looked for first, and pulled only where they are not there. */
import type { Readable } from "node:stream";
import type Docker from "dockerode";
import { z } from "zod";
import { reasonOf, throwIfAborted } from "../abort";
import type { Operation } from "../driver";
import { engineError, pullError, statusOf } from "./engine-errors";

const progressSchema = z.object({
  status: z.string().optional(),
  id: z.string().optional(),
  progressDetail: z.object({ current: z.number().optional(), total: z.number().optional() }).optional(),
  error: z.string().optional(),
});
type Progress = z.infer<typeof progressSchema>;

export interface ImageFacts {
  /** The home folder that the image names for its user, if it does. */
  readonly home: string | null;
}

/** `download` weighs more than unpacking in the percentage, as it does in time. */
const DOWNLOAD_SHARE = 0.7;

/** Percent of a pull from the lines of its progress. Layers become known one by one: it never goes back. */
export class PullProgress {
  readonly #layers = new Map<string, { done: number; total: number }>();
  #best = 0;

  /** The percentage after this line, or null where the line says nothing of it. */
  take({ id, status, progressDetail }: Progress): number | null {
    if (!id || !status) return null;
    const layer = this.#layers.get(id) ?? { done: 0, total: 1 };
    if (status === "Pulling fs layer" || status === "Waiting") this.#layers.set(id, layer);
    else if (status === "Already exists" || status === "Pull complete") this.#layers.set(id, { ...layer, done: layer.total });
    else if (status === "Downloading" || status === "Extracting") {
      const total = progressDetail?.total ?? layer.total;
      const part = total > 0 ? Math.min(1, (progressDetail?.current ?? 0) / total) : 0;
      const share = status === "Downloading" ? part * DOWNLOAD_SHARE : DOWNLOAD_SHARE + part * (1 - DOWNLOAD_SHARE);
      this.#layers.set(id, { total, done: share * total });
    } else if (status === "Download complete" || status === "Verifying Checksum")
      this.#layers.set(id, { ...layer, done: DOWNLOAD_SHARE * layer.total });
    else return null;
    let done = 0;
    let total = 0;
    for (const each of this.#layers.values()) {
      done += each.done;
      total += each.total;
    }
    this.#best = Math.max(this.#best, Math.floor((100 * done) / total));
    return this.#best;
  }
}

/** An image that is not there: pulled, with its progress told. */
export async function pullImage(
  docker: Docker,
  engine: string,
  image: string,
  auth: { username: string; password: string } | undefined,
  operation: Operation,
): Promise<ImageFacts> {
  throwIfAborted(operation.signal);
  operation.report("image_pulling", `Pulling image ${image}`, 0);
  try {
    await pull(docker, image, auth, operation);
  } catch (error) {
    if (operation.signal.aborted) throw reasonOf(operation.signal);
    throw pullError(error, image, auth !== undefined, engine);
  }
  operation.report("image_pulled", `Image ${image} was pulled`);
  const pulled = await findImage(docker, engine, image);
  if (!pulled) throw pullError(new Error("it is not there after the pull"), image, auth !== undefined, engine);
  return pulled;
}

/** Null where the engine has no such image. */
export async function findImage(docker: Docker, engine: string, image: string): Promise<ImageFacts | null> {
  try {
    const { Config } = await docker.getImage(image).inspect();
    const home = Config.Env?.find((line) => line.startsWith("HOME="))?.slice("HOME=".length);
    return { home: home?.startsWith("/") && home.length > 1 ? home : null };
  } catch (error) {
    if (statusOf(error) === 404) return null;
    throw engineError(error, `look for image ${image}`, engine);
  }
}

async function pull(
  docker: Docker,
  image: string,
  auth: { username: string; password: string } | undefined,
  operation: Operation,
): Promise<void> {
  const { repository, tag } = splitReference(image);
  const authconfig = auth ? { ...auth, serveraddress: registryOf(repository) } : undefined;
  // The engine answers only when the registry has: the signal ends that wait too.
  const stream = await docker.createImage(authconfig ?? {}, { fromImage: repository, tag, abortSignal: operation.signal });
  const progress = new PullProgress();
  let told = 0;
  await readLines(stream, operation.signal, (value) => {
    const line = progressSchema.safeParse(value);
    if (!line.success) return;
    if (line.data.error) throw new Error(line.data.error);
    const { id, status } = line.data;
    if (status === "Pull complete" || status === "Already exists") operation.log("info", `Layer ${id ?? ""}: ${status.toLowerCase()}`);
    else if (!id && status?.startsWith("Digest: ")) operation.log("info", status);
    const percent = progress.take(line.data);
    if (percent === null || percent <= told) return;
    told = percent;
    operation.report("image_pulling", `Pulling image ${image}`, percent);
  });
}

/** Calls `take` for each JSON line. Ends the stream, and with it the pull, when aborted. */
async function readLines(stream: NodeJS.ReadableStream, signal: AbortSignal, take: (value: unknown) => void): Promise<void> {
  const readable: NodeJS.ReadableStream & Partial<Pick<Readable, "destroy">> = stream;
  const stop = () => readable.destroy?.();
  signal.addEventListener("abort", stop, { once: true });
  try {
    let rest = "";
    for await (const chunk of stream) {
      const lines = (rest + chunk.toString()).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line.trim()) take(JSON.parse(line));
    }
    if (rest.trim()) take(JSON.parse(rest));
    throwIfAborted(signal);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** A name without a tag means `latest`: without one the engine would pull every tag. */
export function splitReference(image: string): { repository: string; tag: string } {
  const digest = image.indexOf("@");
  if (digest >= 0) return { repository: image.slice(0, digest), tag: image.slice(digest + 1) };
  const colon = image.lastIndexOf(":");
  if (colon > image.lastIndexOf("/")) return { repository: image.slice(0, colon), tag: image.slice(colon + 1) };
  return { repository: image, tag: "latest" };
}

function registryOf(repository: string): string {
  const [first = "", ...rest] = repository.split("/");
  return rest.length > 0 && (first.includes(".") || first.includes(":") || first === "localhost") ? first : "https://index.docker.io/v1/";
}
