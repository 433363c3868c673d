import { z } from "zod";
import { tokenScopeSchema } from "../users/users-schema";

export const MAX_TOKENS = 100;

export const apiTokenSchema = z.object({
  id: z.uuid(),
  userId: z.uuid(),
  name: z.string(),
  /** How it begins. */
  prefix: z.string(),
  scope: tokenScopeSchema,
  /** `ended`: its owner's access has changed since: a new password or role, disabled, signed out everywhere. */
  state: z.enum(["active", "expired", "revoked", "ended"]),
  createdAt: z.date(),
  /** Null: never. */
  expiresAt: z.date().nullable(),
  /** To the minute. */
  lastUsedAt: z.date().nullable(),
  lastUsedAddress: z.string().nullable(),
});

/** Without `userId`: one's own. */
export const listTokensInput = z.strictObject({ userId: z.uuid().optional() });
/** Those that are over are listed for thirty days. */
export const listTokensOutput = z.object({ tokens: z.array(apiTokenSchema) });

export const createTokenInput = z.strictObject({
  name: z.string().trim().min(1).max(100),
  scope: tokenScopeSchema,
  /** Null or left out: never. */
  expiresInDays: z.number().int().min(1).max(3650).nullable().optional(),
  /** A service account's id; left out: for oneself. */
  userId: z.uuid().optional(),
});
/** `value` is told this once. */
export const createTokenOutput = apiTokenSchema.extend({ value: z.string() });

export const tokenIdInput = z.strictObject({ id: z.uuid() });
