import { createHmac } from "node:crypto";
import { type DockerKind, readDockerTask, type TaskCredentials, takesCredentials } from "@berth/protocol/docker-tasks";
import { BerthError } from "@berth/protocol/errors";
import type { OrderInput, TaskSelector } from "./tasks-schema";

/** Seconds from handing out to the end of a run, where none were asked for: images may be large. */
export const defaultTimeout = (kind: DockerKind): number => (kind === "docker.pull" ? 3600 : 300);

/** The payload as the agent will read it. Throws VALIDATION_FAILED with the fields' names for what the allow-list has no word of. */
export function readOrder({ taskType, payload, credentials }: OrderInput): Record<string, unknown> {
  const read = readDockerTask(taskType, payload);
  if (!read.ok) {
    const fields = Object.fromEntries(read.problems.map(({ path, message }) => [path ? `payload.${path}` : "payload", message]));
    const words = Object.entries(fields).map(([field, problem]) => `${field}: ${problem}`);
    throw new BerthError("VALIDATION_FAILED", words.join("; ").slice(0, 1000), { details: { fields } });
  }
  demandCredentialsFit(taskType, credentials);
  return read.payload;
}

export function demandCredentialsFit(kind: DockerKind, credentials: TaskCredentials | undefined): void {
  if (!credentials || takesCredentials(kind)) return;
  const problem = `${kind} needs none`;
  throw new BerthError("VALIDATION_FAILED", `credentials: ${problem}`, { details: { fields: { credentials: problem } } });
}

/** Says whether two requests wish the same. Keyed: a plain hash would let whoever reads it try passwords. */
export function hashOfRequest(
  key: Uint8Array,
  target: { readonly agentId: string } | { readonly selector: TaskSelector },
  payload: Record<string, unknown>,
  { taskType, credentials, priority, timeout, notBefore, retries }: OrderInput,
): string {
  const wish = { target, taskType, payload, credentials, priority, timeout, notBefore, retries };
  return createHmac("sha256", key)
    .update(`task-request ${canonical(wish)}`)
    .digest("hex");
}

/** JSON with its keys in order, so that the order in which they were sent says nothing. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
