import { environmentNameSchema } from "@berth/protocol/agent-commands";
import { z } from "zod";

/** Of one session, its template's not counted. */
export const MAX_VARIABLES = 256;
/** Names and values together, in bytes of UTF-8. An engine hands them to the first program in one piece. */
export const MAX_ENVIRONMENT_BYTES = 128 * 1024;

const valueSchema = z
  .string()
  .max(32_768)
  .refine((value) => !value.includes("\0"), "can't hold a NUL character");

const utf8 = new TextEncoder();
export const environmentBytes = (variables: Readonly<Record<string, string>>): number =>
  Object.entries(variables).reduce((bytes, [name, value]) => bytes + utf8.encode(name).length + utf8.encode(value).length + 2, 0);

/** A session's own variables, as they are given with its creation. */
export const sessionEnvironmentSchema = z
  .record(environmentNameSchema, valueSchema)
  .refine((variables) => Object.keys(variables).length <= MAX_VARIABLES, `at most ${MAX_VARIABLES} variables`)
  .refine((variables) => environmentBytes(variables) <= MAX_ENVIRONMENT_BYTES, `at most ${MAX_ENVIRONMENT_BYTES / 1024} KB together`);

const containerId = z.uuid();
export const environmentInput = z.strictObject({
  containerId,
  /** With values; the owner's alone, and it stands in the audit log. */
  reveal: z.boolean().default(false),
  /** Reveal these alone. */
  names: z.array(environmentNameSchema).max(MAX_VARIABLES).optional(),
});

export const variableSchema = z.object({
  name: z.string(),
  /** Null: not revealed, or not `readable`. */
  value: z.string().nullable(),
  secret: z.boolean(),
  /** `berth`: set for the session by Berth itself. A session's own goes before its template's of the same name. */
  origin: z.enum(["template", "session", "berth"]),
  /** The template has one of this name too, which comes back when this one is removed. */
  overrides: z.boolean(),
  /** False: it was sealed with a master key that is gone; set it again. */
  readable: z.boolean(),
  changedAt: z.date().nullable(),
  /** Null: the template's, or unknown. */
  changedBy: z.string().nullable(),
});

export const environmentOutput = z.object({
  containerId,
  /** Raised by every change; give it back with a change to be sure of what it is made to. */
  version: z.number().int(),
  /** The container that is there has other values. */
  restartRequired: z.boolean(),
  variables: z.array(variableSchema),
});

export const updateEnvironmentInput = z.strictObject({
  containerId,
  /** By name; null removes it, and with that brings back the template's. */
  env: z.record(environmentNameSchema, valueSchema.nullable()).default({}),
  /** Names that are secret from now on. */
  secret: z.array(environmentNameSchema).max(MAX_VARIABLES).default([]),
  /** Names that no longer are. */
  notSecret: z.array(environmentNameSchema).max(MAX_VARIABLES).default([]),
  /** Restart at once where the container that runs has other values. */
  restart: z.boolean().default(false),
  /** Refused (412) where the variables are of another version by now. */
  version: z.number().int().min(0).optional(),
});

export const updateEnvironmentOutput = z.object({
  containerId,
  version: z.number().int(),
  /** Names whose value was set to another. */
  changed: z.array(z.string()),
  removed: z.array(z.string()),
  restartRequired: z.boolean(),
  restarted: z.boolean(),
  /** What is so now, in words. */
  message: z.string(),
});
