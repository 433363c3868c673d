import { type KeyboardLayout, keyboardLayouts } from "@berth/protocol/keyboard-layouts";
import { z } from "zod";
import { passwordSchema, usernameSchema, userRoleSchema, userSchema } from "./users-schema";

export const themeSchema = z.enum(["system", "light", "dark"]);

/** `Europe/Berlin` and the like, as far as this runtime knows them. */
export const timeZoneSchema = z
  .string()
  .max(64)
  .refine((zone) => {
    try {
      return new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone !== "";
    } catch {
      return false;
    }
  }, "must be a time zone such as Europe/Berlin");

const isKeyboardLayout = (name: string): name is KeyboardLayout => Object.hasOwn(keyboardLayouts, name);
export const keyboardLayoutSchema = z.string().max(32).refine(isKeyboardLayout, "must be a keyboard layout such as de or us(intl)");

/** One's own account: as others see it, and what only oneself does. */
export const accountSchema = userSchema.extend({
  theme: themeSchema.nullable(),
  /** Null: the browser's own. */
  timeZone: z.string().nullable(),
  /** Null: whatever the desktop's image has. */
  keyboardLayout: z.string().nullable(),
});
export type Account = z.infer<typeof accountSchema>;

export const updateAccountInput = z.strictObject({
  displayName: z.string().trim().min(1).max(100).nullable().optional(),
  theme: themeSchema.nullable().optional(),
  timeZone: timeZoneSchema.nullable().optional(),
  keyboardLayout: keyboardLayoutSchema.nullable().optional(),
});

export const loginSummarySchema = z.object({
  id: z.string(),
  /** The one that asks. */
  current: z.boolean(),
  via: z.enum(["cookie", "bearer"]),
  address: z.string(),
  userAgent: z.string().nullable(),
  createdAt: z.date(),
  /** To the minute. */
  lastSeenAt: z.date(),
  expiresAt: z.date(),
});
export const loginsOutput = z.object({ logins: z.array(loginSummarySchema) });
export const loginIdInput = z.strictObject({ id: z.string().max(100) });

export const secondFactorSchema = z.object({ confirmedAt: z.date().nullable(), recoveryCodesLeft: z.number().int() });
export const startSecondFactorInput = z.strictObject({ password: z.string().max(512) });
export const startSecondFactorOutput = z.object({
  /** Base32, to type by hand. */
  secret: z.string(),
  /** `otpauth://…`, for a QR code. */
  uri: z.string(),
});
/** Six digits, or a recovery code. */
export const codeSchema = z.string().min(1).max(64);
export const confirmSecondFactorInput = z.strictObject({ code: codeSchema });
export const proofInput = z.strictObject({ password: z.string().max(512), code: codeSchema });
export const recoveryCodesOutput = z.object({ recoveryCodes: z.array(z.string()) });

export const inviteInput = z.strictObject({
  username: usernameSchema,
  email: z.email().max(254).optional(),
  role: userRoleSchema.default("user"),
});
/** The link is told this once. */
export const invitationOutput = z.object({ user: userSchema, url: z.string(), expiresAt: z.date() });
export const seeInvitationInput = z.strictObject({ token: z.string().max(100) });
export const seeInvitationOutput = z.object({ username: z.string(), hasPassword: z.boolean(), expiresAt: z.date() });
export const acceptInvitationInput = z.strictObject({ token: z.string().max(100), password: passwordSchema });
export const acceptInvitationOutput = z.object({ username: z.string() });
