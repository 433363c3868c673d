import { z } from "zod";
import { pageInput, paginationSchema } from "../../platform/paging";
import { limitsInput, limitsSchema } from "../quotas/limits-schema";

export const userRoleSchema = z.enum(["user", "operator", "admin"]);
export type UserRole = z.infer<typeof userRoleSchema>;

export const usernameSchema = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9._-]{0,62}$/,
    "must be 1 to 63 lower-case letters, digits, dots, dashes and underscores, starting with a letter or digit",
  );
/** argon2 reads all of it; the upper limit keeps a login from being a denial of service. */
export const passwordSchema = z.string().min(8, "must have at least 8 characters").max(512);

export const userKindSchema = z.enum(["person", "service"]);

/** `read`: queries alone. `write`: what an operator may, as far as the owner may. `admin`: all that the owner may. */
export const tokenScopeSchema = z.enum(["read", "write", "admin"]);
export type TokenScope = z.infer<typeof tokenScopeSchema>;
const tokenGrantSchema = z.object({ id: z.uuid(), name: z.string(), scope: tokenScopeSchema });
export type TokenGrant = z.infer<typeof tokenGrantSchema>;

/** Who is asking, once a cookie or token has been checked. */
export const loginSchema = z.object({
  /** `jti` of the token, or of the cookie. */
  loginId: z.string(),
  userId: z.uuid(),
  username: z.string(),
  /** Of an API token: the owner's, narrowed to what its scope may at most. */
  role: userRoleSchema,
  via: z.enum(["cookie", "bearer"]),
  accessEpoch: z.number().int(),
  expiresAt: z.date(),
  /** Null: a person who signed in. */
  token: tokenGrantSchema.nullable(),
});
export type Login = z.infer<typeof loginSchema>;
/** Who is asking, and from where: what a policy decides by and what the audit log keeps. */
export type Asker = Login & { readonly address: string };

export const userSchema = z.object({
  id: z.uuid(),
  username: z.string(),
  email: z.string().nullable(),
  role: userRoleSchema,
  /** `service`: an account for scripts, which works by API tokens and can't sign in. */
  kind: userKindSchema,
  active: z.boolean(),
  displayName: z.string().nullable(),
  hasPassword: z.boolean(),
  /** Asked for a code when signing in with the password. */
  secondFactor: z.boolean(),
  /** A link by which they may choose a password is out until then. */
  invitedUntil: z.date().nullable(),
  /** Limits of their own; null: as their role's. */
  quota: limitsSchema,
  createdAt: z.date(),
  lastLoginAt: z.date().nullable(),
  /** The contract's name for it. */
  lastLogin: z.date().nullable(),
});
export type User = z.infer<typeof userSchema>;

export const signInInput = z.strictObject({
  username: z.string().min(1).max(63),
  password: z.string().min(1).max(512),
  /** Of the second factor: six digits, or a recovery code. Not looked at where the account has none. */
  totp: z.string().max(64).optional(),
});
export const signInOutput = z.object({ token: z.string(), user: userSchema, expiresAt: z.date() });

export const listUsersInput = z.strictObject({
  role: userRoleSchema.optional(),
  search: z.string().max(100).optional(),
  sort: z.enum(["username", "role", "lastLogin"]).default("username"),
  order: z.enum(["asc", "desc"]).default("asc"),
  ...pageInput().shape,
});
export const listUsersOutput = z.object({ users: z.array(userSchema), pagination: paginationSchema });

export const createUserInput = z.strictObject({
  username: usernameSchema,
  email: z.email().max(254).optional(),
  password: passwordSchema,
  role: userRoleSchema.default("user"),
});

export const createServiceAccountInput = z.strictObject({
  username: usernameSchema,
  displayName: z.string().trim().min(1).max(100).optional(),
  role: userRoleSchema.default("user"),
});

export const updateUserInput = z.strictObject({
  id: z.uuid(),
  email: z.email().max(254).nullable().optional(),
  role: userRoleSchema.optional(),
  active: z.boolean().optional(),
  password: passwordSchema.optional(),
  /** Limits of their own, what isn't named stays; null: as their role's. */
  quota: limitsInput.optional(),
});

export const changePasswordInput = z.strictObject({ currentPassword: z.string().max(512), newPassword: passwordSchema });
/** Every login of the user ends with the change, this one too. A bearer gets its next token here; a browser a ticket for its next cookie. */
export const changePasswordOutput = z.object({
  token: z.string().nullable(),
  expiresAt: z.date().nullable(),
  /** Good once, for 30 seconds, at the browser's way of signing in. */
  renewal: z.string().nullable(),
});
export const userIdInput = z.strictObject({ id: z.uuid() });
