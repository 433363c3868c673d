import { z } from "zod";

/** `spread`: the least loaded agent that fits. `pack`: the fullest, so that others stay empty. */
export const placementStrategySchema = z.enum(["spread", "pack"]);
export type PlacementStrategy = z.infer<typeof placementStrategySchema>;
