/** The node's API with all that it stands on. */
import type { NodeHealth } from "@berth/protocol/node-api";
import type { Clock } from "../../clock";
import type { SessionDriver } from "../../drivers/driver";
import type { Log } from "../../log";
import { NodeApi } from "./node-api";
import type { NodeEventLog } from "./node-events";
import { NodeWorkspaces } from "./node-workspaces";

/** Who this agent is to its control plane. */
export interface NodeIdentity {
  /** Its UUID. */
  readonly agentId: string;
  /** Roots of the authority, PEM; as they are now. */
  authority(): string;
  /** Where the node's API listens beside the tunnels; absent: nowhere. */
  readonly listen?: { readonly host: string; readonly port: number } | undefined;
}

export interface NodeParts {
  readonly identity: NodeIdentity;
  readonly dataDir: string;
  readonly driver: SessionDriver;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: NodeEventLog;
  /** Of the agent's program. */
  readonly version: string;
  connected(): boolean;
  changed(): void;
}

export interface Node {
  readonly api: NodeApi;
  /** Rejects where its address can't be had. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export function openNode({ identity, version, connected, ...parts }: NodeParts): Node {
  const { driver, events, clock, log } = parts;
  const workspaces = new NodeWorkspaces(parts);
  const health = async (): Promise<Omit<NodeHealth, "nodeId">> => {
    const engine = await driver.health();
    const sessions = engine.ok ? (await driver.inventory()).sessions : [];
    const controlPlane = connected();
    const reason = engine.ok ? (controlPlane ? null : "There is no connection to the control plane") : engine.reason;
    return {
      status: engine.ok ? "healthy" : "degraded",
      ready: engine.ok && controlPlane,
      version,
      activeWorkspaces: sessions.filter(({ observed }) => observed === "running" || observed === "starting").length,
      activeSessions: 0,
      readiness: { engine: engine.ok, controlPlane, reason },
    };
  };
  const api = new NodeApi({ nodeId: identity.agentId, authority: () => identity.authority(), clock, log, events, workspaces, health });
  return {
    api,
    async start() {
      if (!identity.listen) return;
      const { host, port } = identity.listen;
      const taken = await api.listen(host, port);
      log.info({ host, port: taken }, "the node's API listens, without TLS: put something before it that has it");
    },
    async stop() {
      api.close();
      await workspaces.close();
    },
  };
}
