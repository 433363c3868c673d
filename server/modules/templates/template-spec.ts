import { displaySchema, environmentSchema, securityProfileSchema } from "@berth/protocol/agent-commands";
import { formatCpu, formatDuration, formatMemory, parseCpu, parseDuration, parseMemory, required } from "@berth/protocol/quantities";
import { sessionPolicySchema } from "@berth/protocol/session-policy";
import { hibernateModeSchema } from "@berth/protocol/session-states";
import type { Template, TemplateSpec } from "./templates-schema";
import type { VersionedTemplate } from "./templates-store";

/** The versioned part as columns: bytes, millicores, seconds. */
export function specColumns(spec: TemplateSpec) {
  const bytes = (text: string) => BigInt(required(parseMemory(text), text));
  return {
    image: spec.image,
    display: spec.display,
    security: spec.security,
    memoryBytes: bytes(spec.defaultResources.memory),
    cpuMillicores: required(parseCpu(spec.defaultResources.cpu), spec.defaultResources.cpu),
    storageBytes: spec.defaultResources.storage === undefined ? null : bytes(spec.defaultResources.storage),
    environment: spec.environment,
    persistentHome: spec.persistentHome,
    homePath: spec.homePath,
    shmSizeBytes: bytes(spec.shmSize),
    pidsLimit: spec.pidsLimit,
    idleTimeoutSeconds: required(parseDuration(spec.idleTimeout), spec.idleTimeout),
    hibernateMode: spec.hibernateMode,
    readyTimeoutSeconds: spec.readyTimeoutSeconds,
    policy: spec.policy,
  };
}

export function templateView({ template, version }: VersionedTemplate): Template {
  const display = displaySchema.parse(version.display);
  return {
    id: template.id,
    name: template.name,
    displayName: template.displayName,
    category: template.category,
    description: template.description,
    tags: template.tags,
    icon: template.icon,
    iconUrl: template.iconUrl,
    tried: template.tried,
    version: version.version,
    baseImage: version.image,
    vnc: { enabled: true, port: display.port, resolution: display.resolution, colorDepth: display.color_depth },
    createdAt: template.createdAt,
    updatedAt: template.updatedAt,
    image: version.image,
    display,
    security: securityProfileSchema.parse(version.security),
    defaultResources: {
      memory: formatMemory(Number(version.memoryBytes)),
      cpu: formatCpu(version.cpuMillicores),
      ...(version.storageBytes === null ? {} : { storage: formatMemory(Number(version.storageBytes)) }),
    },
    environment: environmentSchema.parse(version.environment),
    persistentHome: version.persistentHome,
    homePath: version.homePath,
    shmSize: formatMemory(Number(version.shmSizeBytes)),
    pidsLimit: version.pidsLimit,
    idleTimeout: formatDuration(version.idleTimeoutSeconds),
    hibernateMode: hibernateModeSchema.parse(version.hibernateMode),
    readyTimeoutSeconds: version.readyTimeoutSeconds,
    policy: sessionPolicySchema.parse(version.policy),
  };
}
