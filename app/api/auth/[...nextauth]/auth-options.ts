import { errorCodeSchema } from "@berth/protocol/errors";
import { decodeJwt } from "jose";
import type { AuthOptions } from "next-auth";
import CredentialsProvider from "next-auth/providers/credentials";
import type { OAuthConfig } from "next-auth/providers/oauth";
import { z } from "zod";
import { signInInput, userRoleSchema } from "../../../../server/modules/users/users-schema";
import { type Runtime, runtime } from "../../../../server/runtime-slot";
import { encodeSignInError } from "../../../account/sign-in-error";

/** What `authorize` hands to the `jwt` callback through next-auth, which types it as a user of its own. */
const signedInSchema = z.object({ id: z.uuid(), name: z.string(), loginId: z.string(), epoch: z.number().int(), role: userRoleSchema });
/** What `profile` gives for someone who may not come in: next-auth swallows what it throws. */
const refusedSchema = z.object({ id: z.string(), refusedWith: z.string() });
const oidcProfileSchema = z.object({
  sub: z.string(),
  email: z.string().nullish(),
  email_verified: z.boolean().nullish(),
  preferred_username: z.string().nullish(),
  name: z.string().nullish(),
});
const tokenSchema = z.object({ loginId: z.string() });
/** A `BerthError` made in the control plane's bundle, where its class is another. */
const refusalSchema = z.object({ code: errorCodeSchema, details: z.record(z.string(), z.unknown()).optional() });

type SignedIn = z.infer<typeof signedInSchema>;
type Refused = z.infer<typeof refusedSchema>;
type Login = Awaited<ReturnType<Runtime["signIn"]>>;

const signedIn = (login: Login): SignedIn => ({
  id: login.userId,
  name: login.username,
  loginId: login.loginId,
  epoch: login.accessEpoch,
  role: login.role,
});

const messageSchema = z.object({ message: z.string() }).transform(({ message }) => message);
/** What next-auth hands to its logger: an error, or an object with one. */
const faultSchema = z.union([z.object({ error: messageSchema }).transform(({ error }) => error), messageSchema]).catch("no reason given");

function wordsOfRefusal(error: unknown): string {
  const refusal = refusalSchema.safeParse(error).data;
  return encodeSignInError(refusal?.code ?? "INTERNAL_ERROR", refusal?.details);
}

/** next-auth's options for one request. `from.address` is the client's, as the listener in front of Next determined it. */
export function authOptions(from: { address: string; userAgent: string | null }): AuthOptions {
  const { auth, signIn, renew, signInWithOidc, signOut, singleSignOnFailed } = runtime();
  return {
    secret: auth.secret,
    session: { strategy: "jwt", maxAge: auth.maxAgeSeconds },
    jwt: { maxAge: auth.maxAgeSeconds },
    useSecureCookies: auth.secureCookies,
    cookies: {
      sessionToken: { name: auth.cookieName, options: { httpOnly: true, sameSite: "lax", path: "/", secure: auth.secureCookies } },
    },
    pages: { signIn: "/sign-in", signOut: "/sign-in", error: "/sign-in" },
    providers: [
      CredentialsProvider({
        credentials: { username: {}, password: {}, totp: {}, renewal: {} },
        authorize: async (given) => {
          const renewal = given?.renewal || undefined;
          const input = signInInput.safeParse({ username: given?.username, password: given?.password, totp: given?.totp || undefined });
          if (!input.success && !renewal) throw new Error("AUTH_INVALID_CREDENTIALS");
          try {
            if (renewal) return signedIn(await renew({ renewal, ...from }));
            return signedIn(await signIn({ ...signInInput.parse(input.data), ...from }));
          } catch (error) {
            throw new Error(wordsOfRefusal(error));
          }
        },
      }),
      ...(auth.oidc ? [oidcProvider(auth.oidc, async (profile) => signedIn(await signInWithOidc({ ...profile, ...from })))] : []),
    ],
    callbacks: {
      signIn: ({ user }) => {
        const refused = refusedSchema.safeParse(user).data;
        return refused ? `/sign-in?error=${encodeURIComponent(refused.refusedWith)}` : true;
      },
      jwt: ({ token, user }) => {
        const login = signedInSchema.safeParse(user);
        if (!login.success) return token;
        return {
          sub: login.data.id,
          loginId: login.data.loginId,
          epoch: login.data.epoch,
          username: login.data.name,
          role: login.data.role,
        };
      },
      session: ({ session, token }) => ({ expires: session.expires, user: { name: String(token.username ?? "") } }),
      redirect: ({ url, baseUrl }) =>
        url.startsWith("/") && !url.startsWith("//") ? `${baseUrl}${url}` : url.startsWith(`${baseUrl}/`) ? url : baseUrl,
    },
    events: {
      signOut: async ({ token }) => {
        const login = tokenSchema.safeParse(token);
        if (login.success) await signOut(login.data.loginId);
      },
    },
    logger: {
      // A wrong password is no fault; what is one was logged where it happened, if it didn't happen in next-auth.
      error: (code, metadata) => {
        if (code.includes("OAUTH")) singleSignOnFailed(`${code}: ${faultSchema.parse(metadata)}`);
      },
      warn: () => {},
      debug: () => {},
    },
  };
}

function oidcProvider(
  settings: NonNullable<Runtime["auth"]["oidc"]>,
  findUser: (profile: { issuer: string; subject: string; email: string | null; name: string | null }) => Promise<SignedIn>,
): OAuthConfig<unknown> {
  return {
    id: "oidc",
    name: "Single sign-on",
    type: "oauth",
    wellKnown: `${settings.issuer}/.well-known/openid-configuration`,
    issuer: settings.issuer,
    clientId: settings.clientId,
    clientSecret: settings.clientSecret,
    authorization: { params: { scope: "openid email profile" } },
    idToken: true,
    checks: ["pkce", "state", "nonce"],
    userinfo: {
      // Providers that keep to the letter tell address and name here alone.
      request: async ({ client, tokens }) => {
        // next-auth has verified it.
        const claims = decodeJwt(tokens.id_token ?? "");
        if (!client.issuer.metadata.userinfo_endpoint || !tokens.access_token) return claims;
        const more = await client.userinfo(tokens.access_token);
        if (more.sub !== claims.sub) throw new Error("the userinfo endpoint answered for another subject");
        return { ...claims, ...more };
      },
    },
    profile: async (raw) => {
      const profile = oidcProfileSchema.parse(raw);
      try {
        return await findUser({
          issuer: settings.issuer,
          subject: profile.sub,
          email: profile.email_verified === false ? null : (profile.email ?? null),
          name: profile.preferred_username ?? profile.name ?? null,
        });
      } catch (error) {
        const refused: Refused = { id: profile.sub, refusedWith: wordsOfRefusal(error) };
        return refused;
      }
    },
  };
}
