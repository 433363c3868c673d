import type { Outputs } from "../../trpc/client";

export type Variable = Outputs["containers"]["env"]["variables"][number];

/** All of it or nothing. */
export interface EnvironmentChange {
  readonly env: Record<string, string | null>;
  readonly secret?: string[];
  readonly notSecret?: string[];
}
