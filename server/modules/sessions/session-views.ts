import { displaySchema, securityProfileSchema } from "@berth/protocol/agent-commands";
import { FILES, THUMBNAILS, type ViewerMode } from "@berth/protocol/agent-messages";
import { errorCodeSchema } from "@berth/protocol/errors";
import { formatCpu, formatDuration, formatMemory } from "@berth/protocol/quantities";
import type { QueuePlace } from "@berth/protocol/queue-words";
import { type AccessParameters, accessParametersSchema } from "@berth/protocol/session-files";
import { type SessionPolicy, sessionPolicySchema } from "@berth/protocol/session-policy";
import { hibernateModeSchema, type SessionPhase } from "@berth/protocol/session-states";
import { WATCH } from "@berth/protocol/session-watch";
import { z } from "zod";
import { agentStatus } from "../agents/agent-status";
import type { Actor } from "../users/users-policy";
import { effectivePolicy } from "./effective-policy";
import { healthView } from "./health/session-health";
import { idleAt } from "./idle/idle-time";
import { NAMESPACE } from "./render-spec";
import type { ListedSessionRow } from "./session-list-store";
import { isOver, isPending, sessionPhase, sessionState, statusMessage } from "./session-status";
import { maySessions, type SessionAction } from "./sessions-policy";
import { placementSchema, type Session, type SessionDetail } from "./sessions-schema";
import type { DisplayRow, SessionRow } from "./sessions-store";

export interface ViewParts {
  readonly display: DisplayRow;
  readonly progress: { percent: number | null; message: string } | null;
  /** Null: it doesn't wait for room. */
  readonly queue: QueuePlace | null;
  readonly now: Date;
  /** It is the asking person's own, or they are invited to its screen: whoever else may see the session may not see what it shows. */
  readonly looksOn: boolean;
}

/** Of versions' rows, which never change. */
const versionViews = new WeakMap<DisplayRow, ReturnType<typeof readVersion>>();
const readVersion = ({ display, security, policy, accessParameters }: DisplayRow) => ({
  protocol: displaySchema.parse(display).protocol,
  security: securityProfileSchema.parse(security),
  policy: sessionPolicySchema.parse(policy),
  access: accessParametersSchema.parse(accessParameters),
});

function versionView(row: DisplayRow): ReturnType<typeof readVersion> {
  const known = versionViews.get(row) ?? readVersion(row);
  versionViews.set(row, known);
  return known;
}

const keptModes = z.array(hibernateModeSchema).catch(["stop"]);
const keptCode = errorCodeSchema.catch("SESSION_PROVISIONING_FAILED");
const keptPlacement = placementSchema.nullable().catch(null);

type Shown = Omit<ListedSessionRow, "memoryBytes"> & { readonly memoryBytes: number | bigint };

export function sessionView(row: Shown, { display, progress, queue, now, looksOn }: ViewParts): Session {
  const agentOffline = row.agent ? agentStatus(row.agent, now).status === "offline" : !isOver(row);
  const phase = sessionPhase(row, agentOffline);
  const stranded = isStranded(row);
  const { protocol, security } = versionView(display);
  return {
    id: row.id,
    name: row.name,
    namespace: NAMESPACE,
    user: row.user.username,
    template: row.template.name,
    templateDisplayName: row.template.displayName,
    templateVersion: row.templateVersion,
    icon: row.template.icon,
    platform: row.platform,
    agentId: row.agent?.name ?? null,
    state: sessionState(row),
    resources: { memory: formatMemory(Number(row.memoryBytes)), cpu: formatCpu(row.cpuMillicores) },
    persistentHome: row.persistentHome,
    homeId: row.homeId,
    idleTimeout: formatDuration(row.idleTimeoutSeconds),
    tags: row.tags,
    display: { protocol },
    security,
    hibernateMode: hibernateModeSchema.parse(row.hibernateMode),
    hibernateModes: keptModes.parse(row.hibernateModes),
    status: {
      phase,
      message: statusMessage(phase, {
        agent: row.agent?.name ?? null,
        reason: row.failureMessage,
        progress: progress?.message ?? null,
        queue,
        revoked: stranded,
      }),
      code: row.failureCode === null ? (stranded ? "AGENT_REVOKED" : null) : keptCode.parse(row.failureCode),
      podIp: row.podIp,
      podName: row.podName,
      containerId: row.containerId,
      vncUrl: phase === "Running" && protocol === "rfb" ? `/vnc-viewer/${row.id}` : null,
      startedAt: row.startedAt,
      progress,
      queue,
    },
    health: healthOf(row, phase),
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
    lastActivityAt: row.lastActivityAt,
    lastActivity: row.lastActivityAt,
    thumbnail:
      looksOn &&
      phase === "Running" &&
      protocol === "rfb" &&
      row.agent?.capabilities.includes(THUMBNAILS) === true &&
      effectivePolicy(row, display).thumbnails,
  };
}

function healthOf(row: Shown, phase: SessionPhase): Session["health"] {
  const { word, reason, since } = healthView(phase, row.generation, row.health);
  return { status: word, reason, since };
}

/** Its agent was revoked before it ended: somebody has to say what becomes of it. */
export const isStranded = (row: Pick<ListedSessionRow, "desired" | "observed" | "failureCode" | "agent">): boolean =>
  row.agent?.revokedAt != null && !isOver(row);

export function sessionDetailView(
  row: SessionRow,
  parts: ViewParts & { readonly wentIdle: boolean; readonly adopter: string | null },
  actor: Actor,
  invited: ViewerMode | null,
): SessionDetail {
  const view = sessionView(row, parts);
  const policy = effectivePolicy(row, parts.display);
  const { access, policy: ceiling } = versionView(parts.display);
  const may = (action: SessionAction) => maySessions(actor, action, row, invited !== null) === "allowed";
  const over = isOver(row);
  const stranded = isStranded(row);
  const viewable = may("screen") && view.status.phase === "Running";
  return {
    ...view,
    placement: keptPlacement.parse(row.placement),
    accessParameters: access,
    instructionsDir: access.instructionsDir ?? null,
    supportsHotReload: access.supportsHotReload === true,
    agentCapabilities: agentCapabilities(row.agent?.capabilities ?? null, policy, access),
    platformMetadata: { namespace: NAMESPACE, container_id: row.containerId, pvc_name: row.home?.volume ?? null },
    policy,
    policyCeiling: ceiling,
    idleAt: idleAt(row),
    wentIdle: parts.wentIdle,
    stranded: stranded && row.agent ? { agent: row.agent.id, adopter: parts.adopter } : null,
    invited,
    may: {
      view: viewable && view.display.protocol === "rfb",
      control: viewable && (invited === null || invited === "control" || actor.role === "admin"),
      share: may("invite") && !over,
      hibernate: may("hibernate") && !stranded && row.desired === "running" && !isPending(row),
      wake: may("wake") && !stranded && row.desired === "hibernated",
      terminate: may("terminate") && row.desired !== "terminated",
      forceTerminate: may("forceTerminate") && !over,
      delete: may("delete"),
      logs: may("logs"),
      environment: may("environment"),
      changeEnvironment: may("changeEnvironment") && row.desired !== "terminated",
      files: may("files") && policy.fileTransfer,
      terminal: may("terminal") && policy.terminals,
      ports: may("ports") && policy.ports && !over,
    },
  };
}

/** What can be done inside a session, in the container control contract's words. `agent`: its agent's capabilities; null while it has none. */
function agentCapabilities(agent: readonly string[] | null, policy: SessionPolicy, access: AccessParameters): string[] {
  const able = (capability: string) => agent === null || agent.includes(capability);
  return [
    ...(policy.fileTransfer && able(FILES) ? ["file.read", "file.write"] : []),
    "restart",
    ...(access.supportsHotReload && able(WATCH) ? ["hot-reload"] : []),
  ];
}
