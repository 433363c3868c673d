/** What an update of a session's image asks of its agent. */
import { z } from "zod";

/** Capability of an agent that carries out `pull_image`, and that makes a frozen session's container anew where it is to have another image. */
export const SESSION_VERSIONS = "session_versions";

/** `command_result.result` of `pull_image`. */
export const pulledImageSchema = z.object({
  /** The engine's own name for what the reference means now. */
  image_id: z.string().max(200),
  /** What the session's container was made from; null: it has none. */
  running_image_id: z.string().max(200).nullish(),
  /** False: it could not be had from its registry, and the host has one of that name. */
  pulled: z.boolean().optional(),
});
export type PulledImage = z.infer<typeof pulledImageSchema>;
