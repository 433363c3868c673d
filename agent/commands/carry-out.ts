/** Command types and what each asks of the driver. */
import { type CommandType, commandDataSchemas, type SessionResult } from "@berth/protocol/agent-commands";
import { type DockerKind, type DockerPayload, readDockerTask, takesCredentials, taskCredentialsSchema } from "@berth/protocol/docker-tasks";
import { BerthError } from "@berth/protocol/errors";
import type { PulledImage } from "@berth/protocol/session-versions";
import { z } from "zod";
import type { FetchedImage, Operation, RegistryAuth, SessionDriver, SessionFacts, TaskContainers, TaskRun } from "../drivers/driver";

/** One command, parsed: where it queues, which session and generation it is of, and how it is done. */
export interface Work {
  readonly type: CommandType;
  /** Work of one lane is done in order. */
  readonly lane: string;
  readonly sessionId: string | null;
  readonly generation: number | null;
  /** It only reads: its result is not kept, and one that comes again is done again. */
  readonly reads?: true;
  run(driver: SessionDriver, operation: Operation): Promise<Record<string, unknown>>;
}

/** Throws `MESSAGE_INVALID` or, for what a session may not ask for, `SPEC_REFUSED`. */
export function readWork(type: CommandType, task: TaskRun, sessionId: string | null, data: unknown): Work {
  switch (type) {
    case "start_session":
    case "wake_session": {
      const spec = parse(commandDataSchemas[type], data, type, "SPEC_REFUSED");
      const request = { sessionId: needSession(sessionId, type), spec };
      const does = type === "start_session" ? "start" : "wake";
      return sessionWork(type, request.sessionId, spec.generation, (driver, operation) => driver[does](request, operation));
    }
    case "hibernate_session": {
      const { generation, mode } = parse(commandDataSchemas[type], data, type, "MESSAGE_INVALID");
      const request = { sessionId: needSession(sessionId, type), generation, mode };
      return sessionWork(type, request.sessionId, generation, (driver, operation) => driver.hibernate(request, operation));
    }
    case "resize_session": {
      const { generation, resources } = parse(commandDataSchemas[type], data, type, "SPEC_REFUSED");
      const request = { sessionId: needSession(sessionId, type), generation, resources };
      return sessionWork(type, request.sessionId, generation, (driver, operation) => driver.resize(request, operation));
    }
    case "pull_image": {
      const { generation, image, registry_auth: auth } = parse(commandDataSchemas[type], data, type, "SPEC_REFUSED");
      const wanted = { sessionId: needSession(sessionId, type), image, auth };
      // Beside what else is done for the session, which goes on; its end ends this too.
      const lane = `image of session ${wanted.sessionId}`;
      const run = async (driver: SessionDriver, operation: Operation) => pulledOf(await driver.images.fetch(wanted, operation));
      return { type, lane, sessionId: wanted.sessionId, generation, run };
    }
    case "stop_session": {
      const stop = parse(commandDataSchemas[type], data, type, "MESSAGE_INVALID");
      const request = {
        sessionId: needSession(sessionId, type),
        generation: stop.generation,
        graceful: stop.graceful,
        timeoutSeconds: Math.min(Number.parseInt(stop.timeout, 10), 600),
        removeHome: stop.remove_home,
      };
      return sessionWork(type, request.sessionId, stop.generation, (driver, operation) => driver.terminate(request, operation));
    }
    case "delete_home": {
      const { volume } = parse(commandDataSchemas[type], data, type, "MESSAGE_INVALID");
      return plainWork(type, `home ${volume}`, { volume }, (driver) => driver.deleteHome(volume));
    }
    case "remove_orphan": {
      const { container_id } = parse(commandDataSchemas[type], data, type, "MESSAGE_INVALID");
      return plainWork(type, `container ${container_id}`, { container_id }, (driver) => driver.removeOrphan(container_id));
    }
    case "create_snapshot": {
      const request = parse(commandDataSchemas[type], data, type, "SPEC_REFUSED");
      return snapshotWork(type, request.snapshot, (driver, operation) => driver.snapshots.create(request, operation));
    }
    case "delete_snapshot": {
      const { snapshot } = parse(commandDataSchemas[type], data, type, "MESSAGE_INVALID");
      return snapshotWork(type, snapshot, async (driver) => {
        await driver.snapshots.remove(snapshot);
        return { snapshot };
      });
    }
    case "docker_pull":
      return dockerWork(type, "docker.pull", data, (tasks, payload, operation, auth) => tasks.pull(payload, operation, auth));
    case "docker_run":
      return dockerWork(type, "docker.run", data, (tasks, payload, operation, auth) => tasks.run(task, payload, operation, auth));
    case "docker_stop":
      return dockerWork(type, "docker.stop", data, (tasks, payload) => tasks.stop(payload));
    case "docker_remove":
      return dockerWork(type, "docker.remove", data, (tasks, payload) => tasks.remove(payload));
    case "docker_logs":
      return { ...dockerWork(type, "docker.logs", data, (tasks, payload, { signal }) => tasks.logs(payload, signal)), reads: true };
    case "docker_prune":
      return dockerWork(type, "docker.prune", data, (tasks, payload) => tasks.prune(payload));
  }
}

function sessionWork(
  type: CommandType,
  sessionId: string,
  generation: number,
  run: (driver: SessionDriver, operation: Operation) => Promise<SessionFacts>,
): Work {
  return {
    type,
    lane: `session ${sessionId}`,
    sessionId,
    generation,
    run: async (driver, operation) => resultOf(await run(driver, operation)),
  };
}

function plainWork(type: CommandType, lane: string, result: Record<string, unknown>, run: (driver: SessionDriver) => Promise<void>): Work {
  return {
    type,
    lane,
    sessionId: null,
    generation: null,
    async run(driver) {
      await run(driver);
      return result;
    },
  };
}

function snapshotWork(type: CommandType, snapshot: string, run: Work["run"]): Work {
  return { type, lane: `snapshot ${snapshot}`, sessionId: null, generation: null, run };
}

const beside = z.looseObject({ credentials: z.unknown().optional() });

/** Reads the payload by the same gate as the control plane did: this is the check that holds where the control plane is wrong. */
function dockerWork<K extends DockerKind>(
  type: CommandType,
  kind: K,
  data: unknown,
  run: (tasks: TaskContainers, payload: DockerPayload<K>, operation: Operation, auth?: RegistryAuth) => Promise<Record<string, unknown>>,
): Work {
  const { credentials, ...asked } = beside.catch({}).parse(data);
  const read = readDockerTask(kind, takesCredentials(kind) ? asked : data);
  const known = taskCredentialsSchema.optional().safeParse(credentials);
  if (!known.success) throw new BerthError("SPEC_REFUSED", `The agent refuses this ${kind}: its credentials are none of a registry`);
  const auth = known.data && { username: known.data["registry.username"], password: known.data["registry.password"] };
  if (!read.ok) {
    const problems = read.problems.map(({ path, message }) => `${path || "payload"}: ${message}`).join("; ");
    throw new BerthError("SPEC_REFUSED", `The agent refuses this ${kind}: ${problems}`.slice(0, 1500));
  }
  const { payload } = read;
  const lane = "name" in payload ? `task container ${payload.name}` : kind;
  return { type, lane, sessionId: null, generation: null, run: (driver, operation) => run(driver.tasks, payload, operation, auth) };
}

function needSession(sessionId: string | null, type: string): string {
  // The id becomes part of names in the engine and of a folder's name on this host.
  if (sessionId && /^[A-Za-z0-9][A-Za-z0-9-]{7,63}$/.test(sessionId)) return sessionId;
  throw new BerthError("MESSAGE_INVALID", `${type} needs a session_id of 8 to 64 letters, digits and dashes`);
}

function parse<T>(schema: z.ZodType<T>, data: unknown, type: string, code: "SPEC_REFUSED" | "MESSAGE_INVALID"): T {
  const parsed = schema.safeParse(data);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join(".") || "data"}: ${issue.message}`).join("; ");
  throw new BerthError(code, `${type} can't be carried out: ${problems}`.slice(0, 1500));
}

const pulledOf = ({ imageId, runningImageId, pulled }: FetchedImage): PulledImage => ({
  image_id: imageId,
  running_image_id: runningImageId,
  pulled,
});

function resultOf(facts: SessionFacts): Record<string, unknown> {
  return {
    session_id: facts.sessionId,
    pod_ip: facts.address,
    pod_name: facts.containerName,
    vnc_port: facts.displayPort,
    started_at: facts.startedAt?.toISOString() ?? null,
    container_id: facts.containerId,
    generation: facts.generation,
    observed: facts.observed,
    hibernate_modes: [...facts.hibernateModes],
  } satisfies SessionResult;
}
