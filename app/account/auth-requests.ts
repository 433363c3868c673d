/**
 * The three requests that next-auth answers for us, sent as JSON from our own origin. `next-auth/react` would bring a provider, polling
 * and form posts that we have no use for.
 */
interface AuthReply {
  readonly status: number;
  readonly url: URL | null;
}

async function csrfToken(): Promise<string> {
  const answer = await fetch("/api/auth/csrf", { headers: { accept: "application/json" } });
  const body: unknown = await answer.json();
  return stringAt(body, "csrfToken") ?? "";
}

async function post(path: string, fields: Record<string, string>): Promise<AuthReply> {
  const answer = await fetch(`/api/auth/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify({ ...fields, csrfToken: await csrfToken(), json: "true" }),
  });
  const body: unknown = await answer.json().catch(() => null);
  const url = stringAt(body, "url");
  return { status: answer.status, url: url && URL.canParse(url, window.location.href) ? new URL(url, window.location.href) : null };
}

/** Null when it worked; else what next-auth was told to say (see `sign-in-error.ts`). `totp`: the second factor's code, once it was asked for. */
export const signInWithPassword = (username: string, password: string, totp = ""): Promise<string | null> =>
  signInWith({ username, password, totp });

/** The next cookie after one's own change of the password; null when it worked. */
export const renewLogin = (renewal: string): Promise<string | null> => signInWith({ renewal });

async function signInWith(fields: Record<string, string>): Promise<string | null> {
  const reply = await post("callback/credentials", fields);
  const problem = reply.url?.searchParams.get("error");
  if (problem) return problem;
  return reply.status < 400 ? null : "";
}

/** Leaves for the identity provider. False when it can't be reached. */
export async function startOidcSignIn(callbackUrl: string): Promise<boolean> {
  const reply = await post("signin/oidc", { callbackUrl });
  if (reply.status >= 400 || !reply.url || reply.url.searchParams.has("error")) return false;
  window.location.assign(reply.url.href);
  return true;
}

export async function signOut(): Promise<void> {
  await post("signout", {});
  window.location.assign("/sign-in");
}

function stringAt(body: unknown, key: string): string | null {
  const value: unknown = typeof body === "object" && body !== null ? Reflect.get(body, key) : null;
  return typeof value === "string" ? value : null;
}
