import { displaySchema, environmentSchema, securityProfileSchema } from "@berth/protocol/agent-commands";
import { formatCpu, formatDuration, formatMemory, parseCpu, parseDuration, parseMemory, required } from "@berth/protocol/quantities";
import { accessParametersSchema } from "@berth/protocol/session-files";
import { healthPolicySchema } from "@berth/protocol/session-health";
import { sessionPolicySchema } from "@berth/protocol/session-policy";
import { hibernateModeSchema } from "@berth/protocol/session-states";
import { templatePlacementSchema } from "../sessions/placement/placement-schema";
import {
  type Template,
  type TemplateContent,
  type TemplatePresentation,
  type TemplateSpec,
  templatePresentationSchema,
} from "./templates-schema";
import type { TemplateRow, TemplateVersionRow, VersionedTemplate } from "./templates-store";

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
    placement: spec.placement,
    accessParameters: spec.accessParameters,
    health: spec.health,
  };
}

/** The words and the picture alone, whatever else came with them. */
export const presentationOf = ({
  displayName,
  category,
  description,
  tags,
  icon,
  iconUrl,
}: TemplatePresentation): TemplatePresentation => ({
  displayName,
  category,
  description,
  tags,
  icon,
  iconUrl,
});

/** The versioned part, from its columns. */
export function specOf(version: TemplateVersionRow): TemplateSpec {
  return {
    image: version.image,
    display: displaySchema.parse(version.display),
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
    placement: templatePlacementSchema.parse(version.placement),
    accessParameters: accessParametersSchema.parse(version.accessParameters),
    health: healthPolicySchema.parse(version.health),
  };
}

/** All that a version holds; from before versions kept their words, those of now. */
export const contentOf = (template: TemplateRow, version: TemplateVersionRow): TemplateContent => ({
  ...(version.presentation === null ? presentationOf(template) : templatePresentationSchema.parse(version.presentation)),
  ...specOf(version),
});

/** The same content with its quantities written one way, so that `2048Mi` is no change from `2Gi`. */
export function canonicalContent(content: TemplateContent): TemplateContent {
  const memory = (text: string) => formatMemory(required(parseMemory(text), text));
  const { defaultResources: resources } = content;
  return {
    ...content,
    defaultResources: {
      memory: memory(resources.memory),
      cpu: formatCpu(required(parseCpu(resources.cpu), resources.cpu)),
      ...(resources.storage === undefined ? {} : { storage: memory(resources.storage) }),
    },
    shmSize: memory(content.shmSize),
    idleTimeout: formatDuration(required(parseDuration(content.idleTimeout), content.idleTimeout)),
  };
}

export function templateView({ template, version }: VersionedTemplate): Template {
  const spec = specOf(version);
  return {
    id: template.id,
    name: template.name,
    ...presentationOf(template),
    tried: template.tried,
    warmPool: { size: template.warmPoolSize },
    version: version.version,
    baseImage: spec.image,
    vnc: { enabled: true, port: spec.display.port, resolution: spec.display.resolution, colorDepth: spec.display.color_depth },
    createdAt: template.createdAt,
    updatedAt: template.updatedAt,
    ...spec,
  };
}
