/**
 * The only bridge between the control plane and Next's bundle. Next bundles its own copy of whatever it imports, so a module shared by
 * import would exist twice; this slot on `globalThis` holds the one runtime. `server/main.ts` fills it before `next().prepare()`.
 */

import type { SignIn } from "./modules/users/auth-service";
import type { Origin } from "./modules/users/logins-service";
import type { Login } from "./modules/users/users-schema";
import type { OpenApiDocument } from "./rest/openapi-document";
import type { Surface } from "./rest/rest-routes";
import type { AppCaller } from "./trpc/app-router";

export interface Runtime {
  /** next-auth's settings that depend on configuration. */
  readonly auth: {
    readonly secret: string;
    readonly cookieName: string;
    readonly secureCookies: boolean;
    readonly maxAgeSeconds: number;
    readonly oidc: { issuer: string; clientId: string; clientSecret: string } | null;
  };
  /** Checks a password, with the login limits. Throws `BerthError`. */
  signIn(input: SignIn): Promise<Login>;
  /** The next login of a browser that changed its person's password. Throws `BerthError`. */
  renew(input: { renewal: string } & Origin): Promise<Login>;
  /** Finds or makes the user that an OIDC provider vouches for. */
  signInWithOidc(profile: { issuer: string; subject: string; email: string | null; name: string | null } & Origin): Promise<Login>;
  signOut(loginId: string): Promise<void>;
  /** For the log: the person only learns that the provider did not confirm them. */
  singleSignOnFailed(reason: string): void;
  readonly apiDocuments: Readonly<Record<Surface, OpenApiDocument>>;
  /** The tRPC procedures for server components, as the person whose cookie this is. */
  caller(headers: { cookie: string | null; address: string }): Promise<AppCaller>;
}

const slot = Symbol.for("berth.runtime");
type Holder = { [slot]?: Runtime };

export function fillRuntimeSlot(runtime: Runtime): void {
  (globalThis as Holder)[slot] = runtime;
}

export function runtime(): Runtime {
  const held = (globalThis as Holder)[slot];
  if (!held) throw new Error("The runtime slot is empty: Next was started without server/main.ts");
  return held;
}
