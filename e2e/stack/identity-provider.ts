import { once } from "node:events";
import Provider from "oidc-provider";

const clientId = "berth";
const clientSecret = "a-secret-between-berth-and-the-provider";
const redirectPath = "/api/auth/callback/oidc";

export interface Person {
  readonly email: string;
  readonly emailVerified: boolean;
}

/** What a hostile or broken provider, or someone in between, could do to the one round trip. */
export type Fault = "another state" | "another nonce" | "another PKCE challenge";

export interface IdentityProvider {
  readonly issuer: string;
  readonly settings: Readonly<Record<string, string>>;
  /** Null: everything as it should be. */
  fault: Fault | null;
  stop(): Promise<void>;
}

/** A real OpenID Connect provider for `url`'s Berth. It demands PKCE, and tells address and name by its userinfo endpoint alone. */
export async function startIdentityProvider(
  url: string,
  port: number,
  people: Readonly<Record<string, Person>>,
): Promise<IdentityProvider> {
  const issuer = `http://localhost:${port}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id: clientId, client_secret: clientSecret, redirect_uris: [`${url}${redirectPath}`] }],
    pkce: { required: () => true },
    cookies: { keys: ["only-for-tests"] },
    ttl: { Interaction: 600, Grant: 600, Session: 600, AccessToken: 600, IdToken: 600 },
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["preferred_username"] },
    findAccount: (_context, id) => {
      const person = people[id];
      return person && { accountId: id, claims: () => ({ sub: id, email: person.email, email_verified: person.emailVerified }) };
    },
    // Nobody is asked for consent.
    async loadExistingGrant(context) {
      const grant = new context.oidc.provider.Grant({
        clientId: context.oidc.client?.clientId,
        accountId: context.oidc.session?.accountId,
      });
      grant.addOIDCScope("openid email profile");
      await grant.save();
      return grant;
    },
  });
  const running: { fault: Fault | null } = { fault: null };
  provider.use(async (context, next) => {
    const forged = "forged-forged-forged-forged-forged-forged-43";
    if (context.path === "/auth") {
      const { query } = context.request;
      if (running.fault === "another nonce") context.request.query = { ...query, nonce: forged };
      if (running.fault === "another PKCE challenge") context.request.query = { ...query, code_challenge: forged };
    }
    await next();
    const target: string | undefined = context.response.get("location");
    if (running.fault === "another state" && target?.startsWith(`${url}${redirectPath}`)) {
      const changed = new URL(target);
      changed.searchParams.set("state", forged);
      context.response.set("location", changed.href);
    }
  });
  const server = provider.listen(port, "localhost");
  await once(server, "listening");
  return Object.assign(running, {
    issuer,
    settings: { OIDC_ISSUER: issuer, OIDC_CLIENT_ID: clientId, OIDC_CLIENT_SECRET: clientSecret },
    async stop() {
      if (!server.listening) return;
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  });
}
