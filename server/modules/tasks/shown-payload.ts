import { dockerKindSchema } from "@berth/protocol/docker-tasks";
import { z } from "zod";

const payloadSchema = z.record(z.string(), z.unknown());

/** What an admin asked for, with the values of environment variables left out: they may be secret. Null for tasks of sessions and homes. */
export function shownPayload(row: { readonly kind: string; readonly payload: unknown }): Record<string, unknown> | null {
  if (!dockerKindSchema.safeParse(row.kind).success) return null;
  const { env, ...payload } = payloadSchema.parse(row.payload);
  const names = Object.keys(payloadSchema.catch({}).parse(env ?? {}));
  return names.length === 0 ? payload : { ...payload, env: Object.fromEntries(names.map((name) => [name, "(hidden)"])) };
}
