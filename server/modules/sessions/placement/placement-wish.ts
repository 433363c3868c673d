import { type PlacementStrategy, placementStrategySchema } from "@berth/protocol/placement-strategy";
import { platformSchema } from "@berth/protocol/session-states";
import { z } from "zod";
import type { CreateSessionInput } from "../sessions-schema";
import type { TemplatePlacement } from "./placement-schema";

/** Where a session may go, but for its size: kept while it waits. */
export const placementWishSchema = z.object({
  platform: platformSchema.optional(),
  region: z.string().optional(),
  agent: z.string().optional(),
  homeAgentId: z.string().optional(),
  labels: z.array(z.tuple([z.string(), z.string()])),
  capabilities: z.array(z.string()),
  strategy: placementStrategySchema,
});
export type PlacementWish = z.infer<typeof placementWishSchema>;

type Asked = Pick<CreateSessionInput, "platform" | "region" | "agentId" | "agentLabels" | "agentCapabilities" | "strategy">;

/** What is asked for and what the template demands, both of which must hold; of strategies the nearest: the request's, the template's, the configured. */
export function placementWish(
  input: Asked,
  template: { readonly placement: TemplatePlacement },
  configured: PlacementStrategy,
  homeAgentId: string | undefined,
): PlacementWish {
  const { placement } = template;
  const asked = Object.entries(input.agentLabels ?? {}).filter(([key, value]) => placement.labels[key] !== value);
  return {
    platform: input.platform,
    region: input.region,
    agent: input.agentId,
    homeAgentId,
    labels: [...Object.entries(placement.labels), ...asked],
    capabilities: [...new Set([...placement.capabilities, ...(input.agentCapabilities ?? [])])],
    strategy: input.strategy ?? placement.strategy ?? configured,
  };
}
