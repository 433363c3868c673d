/** What an operation on a session's container is answered with, and the refusal of what is too old. */
import { BerthError } from "@berth/protocol/errors";
import type { ContainerInfo, ContainerInspectInfo } from "dockerode";
import type { SeenSession, SessionFacts } from "../driver";
import { LABEL } from "./labels";
import { SESSION_NETWORK } from "./session-network";

export function factsOf(seen: SeenSession, container: ContainerInspectInfo): SessionFacts {
  const startedAt = new Date(container.State.StartedAt);
  return {
    sessionId: seen.sessionId,
    generation: seen.generation,
    observed: seen.observed,
    containerId: seen.containerId,
    containerName: seen.containerName,
    address: container.NetworkSettings.Networks[SESSION_NETWORK]?.IPAddress || null,
    displayPort: Number(container.Config.Labels[LABEL.displayPort] ?? 0) || null,
    startedAt: Number.isNaN(startedAt.getTime()) ? null : startedAt,
    hibernateModes: ["stop", "freeze"],
  };
}

/** `last`: the container that was removed, where there was one. */
export function removedFacts(sessionId: string, generation: number, last: ContainerInfo | undefined): SessionFacts {
  return {
    sessionId,
    generation,
    observed: "removed",
    containerId: last?.Id ?? null,
    containerName: last?.Names[0]?.replace(/^\//, "") ?? null,
    address: null,
    displayPort: null,
    startedAt: null,
    hibernateModes: [],
  };
}

/** Throws COMMAND_SUPERSEDED where the engine has a later generation than the command is of. */
export function refuseOlder(sessionId: string, here: number, wanted: number): void {
  if (here <= wanted) return;
  throw new BerthError("COMMAND_SUPERSEDED", `Session ${sessionId} is at generation ${here} here, the command is of ${wanted}`);
}
