import type { Command } from "commander";
import { type BerthClient, createBerthClient, RequestError } from "../berth-client";
import { command, type GlobalOptions, signedIn } from "./command-run";
import { forget, keep, readKept, whereAndWho } from "./credentials";
import type { World } from "./world";

interface LoginOptions extends GlobalOptions {
  readonly username?: string;
  readonly token?: string;
}

/** `berth login`, `logout`, `whoami`. */
export function loginCommands(world: World): Command[] {
  const login = command("login", "sign in, and keep the token in a file that only you can read")
    .option("--username <name>")
    .option("--token <token>", "an API token instead of name and password; - reads it from the question")
    .action((options: LoginOptions) => signIn(world, options));
  const logout = command("logout", "end the kept login and forget it").action((options: GlobalOptions) =>
    signedIn(world, options, async (run) => {
      const kept = readKept(world);
      // An API token is no login: it stays good until it is revoked.
      if (kept?.username !== null) await run.berth.api.auth.signOut.mutate();
      forget(world);
      run.say({ signedOut: true }, () => "Signed out");
    }),
  );
  const whoami = command("whoami", "as whom berth works, and where").action((options: GlobalOptions) =>
    signedIn(world, options, async (run) => {
      const me = await run.berth.api.auth.me.query();
      run.say({ ...me, url: run.berth.url }, () => `${me.username} (${me.role}) at ${run.berth.url}`);
    }),
  );
  return [login, logout, whoami];
}

async function signIn(world: World, options: LoginOptions): Promise<void> {
  const { url } = whereAndWho(world, options);
  const token = options.token === "-" ? await world.ask("API token: ", { secret: true }) : options.token;
  const kept = token === undefined ? await byPassword(world, url, options) : { url, token, username: null };
  const me = await withClient(url, kept.token, (berth) => berth.api.auth.me.query());
  keep(world, kept);
  world.out(
    options.json ? JSON.stringify({ url, username: me.username, role: me.role }) : `Signed in at ${url} as ${me.username} (${me.role})`,
  );
}

async function byPassword(world: World, url: string, options: LoginOptions) {
  const username = options.username ?? (await world.ask("Username: "));
  const password = await world.ask("Password: ", { secret: true });
  const signedInBy = (totp?: string) => withClient(url, null, (berth) => berth.api.auth.signIn.mutate({ username, password, totp }));
  const { token } = await signedInBy().catch(async (error: unknown) => {
    if (!(error instanceof RequestError) || error.code !== "AUTH_SECOND_FACTOR_REQUIRED") throw error;
    return signedInBy(await world.ask("Code of your second factor: "));
  });
  return { url, token, username };
}

async function withClient<T>(url: string, token: string | null, act: (berth: BerthClient) => Promise<T>): Promise<T> {
  const berth = createBerthClient({ url, token, userAgent: "berth-cli" });
  try {
    return await act(berth);
  } finally {
    await berth.close();
  }
}
