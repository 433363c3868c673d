import { dockerKindSchema } from "@berth/protocol/docker-tasks";
import { z } from "zod";
import { withoutEnvironment } from "./order-environment";

const payloadSchema = z.record(z.string(), z.unknown());

/** What an admin asked for, with the values of environment variables left out: they may be secret. Null for tasks of sessions and homes. */
export function shownPayload(row: { readonly kind: string; readonly payload: unknown }): Record<string, unknown> | null {
  if (!dockerKindSchema.safeParse(row.kind).success) return null;
  const kept = payloadSchema.parse(row.payload);
  const payload = withoutEnvironment(kept);
  const names = Object.keys(payloadSchema.catch({}).parse(kept.env ?? {}));
  return names.length === 0 ? payload : { ...payload, env: Object.fromEntries(names.map((name) => [name, "(hidden)"])) };
}

const subjectSchema = z.object({
  name: z.string().optional(),
  image: z.string().optional(),
  tag: z.string().optional(),
  digest: z.string().optional(),
});

/** Which container, or else which image, a `docker.…` task is about; null for others, and where it is about none in particular. */
export function taskSubject(row: { readonly kind: string; readonly payload: unknown }): string | null {
  if (!dockerKindSchema.safeParse(row.kind).success) return null;
  const { name, image, tag, digest } = subjectSchema.catch({}).parse(row.payload);
  if (name !== undefined || image === undefined) return name ?? null;
  return `${image}${tag === undefined ? "" : `:${tag}`}${digest === undefined ? "" : `@${digest}`}`;
}
