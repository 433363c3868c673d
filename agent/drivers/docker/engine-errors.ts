/** The engine's errors in the catalogue's words. */
import { BerthError, type ErrorCode } from "@berth/protocol/errors";
import { z } from "zod";
import { wordsOf } from "../../log";

const engineErrorSchema = z.object({
  statusCode: z.number().optional(),
  json: z.object({ message: z.string() }).optional().catch(undefined),
});
const causeSchema = z.object({ code: z.string() });

const NOT_REACHED = new Set([
  "ECONNREFUSED",
  "ENOENT",
  "EACCES",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENOTFOUND",
  "ECONNABORTED",
]);

/** The HTTP status with which the engine answered, if it answered. */
export function statusOf(error: unknown): number | undefined {
  return engineErrorSchema.safeParse(error).data?.statusCode;
}

/** The engine's own words: its reason phrase names the wrong thing for a missing image, the message does not. */
export function engineWords(error: unknown): string {
  return engineErrorSchema.safeParse(error).data?.json?.message ?? wordsOf(error);
}

/** `doing` completes "could not …": `create container berth-x`. */
export function engineError(error: unknown, doing: string, engine: string): BerthError {
  if (error instanceof BerthError) return error;
  const code = causeSchema.safeParse(error).data?.code;
  if (statusOf(error) === undefined && code !== undefined && NOT_REACHED.has(code)) {
    return new BerthError("ENGINE_UNAVAILABLE", `The container engine at ${engine} does not answer (${code}), so it could not ${doing}`, {
      cause: error,
    });
  }
  const words = engineWords(error);
  return new BerthError(classify(words), `The container engine could not ${doing}: ${words}`.slice(0, 1500), { cause: error });
}

function classify(words: string): ErrorCode {
  if (/no space left on device|disk quota exceeded/i.test(words)) return "DISK_FULL";
  if (
    /range of cpus|minimum memory limit|cannot allocate memory|not enough memory|could not find an available.*address pool/i.test(words)
  ) {
    return "INSUFFICIENT_RESOURCES";
  }
  return "SESSION_PROVISIONING_FAILED";
}

/** The same error, and where a disk is full, which one it is and what to do. `rootFolder` is where the engine keeps its data. */
export function withDiskNamed(error: unknown, rootFolder: string): unknown {
  if (!(error instanceof BerthError) || error.code !== "DISK_FULL") return error;
  const advice = "free some space there ('docker system df' shows what takes it) and start the session again";
  const words = `The disk of the container engine's host that holds ${rootFolder} is full: ${advice}. ${error.message}`;
  return new BerthError("DISK_FULL", words.slice(0, 1500), { cause: error.cause });
}

/** A pull's error, which may come as a status or inside the progress stream. */
export function pullError(error: unknown, image: string, withPassword: boolean, engine: string): BerthError {
  if (error instanceof BerthError) return error;
  const words = engineWords(error);
  const say = (code: ErrorCode, text: string) => new BerthError(code, text.slice(0, 1500), { cause: error });
  if (/no space left on device|disk quota exceeded/i.test(words))
    return say("DISK_FULL", `There was no room for image ${image} (${words})`);
  if (
    /unauthorized|authentication required|access denied|no basic auth|incorrect username or password|denied:|status: 40[13]/i.test(words)
  ) {
    const advice = withPassword
      ? "the registry refused the user name or password"
      : "the registry wants a user name and password, or the image does not exist";
    return say("IMAGE_PULL_DENIED", `Image ${image} may not be pulled: ${advice} (${words})`);
  }
  if (/manifest unknown|manifest for .* not found|not found|name unknown|repository name not known|invalid reference/i.test(words)) {
    return say("IMAGE_NOT_FOUND", `Image ${image} is not in its registry; check its name and tag (${words})`);
  }
  const unreached = engineError(error, `pull image ${image}`, engine);
  if (unreached.code === "ENGINE_UNAVAILABLE") return unreached;
  return say("IMAGE_PULL_FAILED", `Image ${image} could not be pulled: ${words}`);
}
