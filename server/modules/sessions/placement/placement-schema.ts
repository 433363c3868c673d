import {
  LABEL_NAME,
  LABEL_NAME_WORDS,
  MAX_CAPABILITIES,
  MAX_CAPABILITY,
  MAX_LABEL_VALUE,
  MAX_LABELS,
} from "@berth/protocol/agent-wish-text";
import { placementStrategySchema } from "@berth/protocol/placement-strategy";
import { z } from "zod";

/** Labels that an agent must have, each with this value. */
export const agentLabelsSchema = z
  .record(z.string().regex(LABEL_NAME, LABEL_NAME_WORDS), z.string().max(MAX_LABEL_VALUE))
  .refine((labels) => Object.keys(labels).length <= MAX_LABELS, `must be at most ${MAX_LABELS} labels`);

/** Capabilities that an agent must have told of, all of them. */
export const agentCapabilitiesSchema = z.array(z.string().min(1).max(MAX_CAPABILITY)).max(MAX_CAPABILITIES);

/** What a template demands of the agents that hold its sessions. */
export const templatePlacementSchema = z.strictObject({
  labels: agentLabelsSchema.default({}),
  capabilities: agentCapabilitiesSchema.default([]),
  /** Left out: as the control plane is configured. */
  strategy: placementStrategySchema.optional(),
});
export type TemplatePlacement = z.infer<typeof templatePlacementSchema>;
