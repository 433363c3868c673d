import { z } from "zod";
import { addressOf, adminPassword } from "./stack";

const agentAnswer = z.object({ id: z.string(), agent_id: z.string(), status: z.string() });
const sessionAnswer = z.object({
  id: z.string(),
  name: z.string(),
  state: z.string(),
  status: z.object({ phase: z.string(), message: z.string() }),
});
export type SessionAnswer = z.infer<typeof sessionAnswer>;

/** Sign-ins are limited to five a minute: one token serves a process. */
const tokens = new Map<string, string>();

/** The REST API as a script would use it, signed in as the first admin (or as whom you say). */
export function api(url: string, credentials = { username: "admin", password: adminPassword }) {
  const whose = `${credentials.username}@${url}`;

  const call = async (method: string, path: string, body?: unknown, surface = "/api/v1"): Promise<unknown> => {
    if (!tokens.has(whose) && path !== "/auth/login") {
      tokens.set(whose, z.object({ token: z.string() }).parse(await call("POST", "/auth/login", credentials)).token);
    }
    const token = tokens.get(whose);
    const answer = await fetch(`${url}${surface}${path}`, {
      method,
      headers: {
        "x-forwarded-for": addressOf(`${credentials.username} by API`),
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text === "" ? null : JSON.parse(text);
  };

  const session = async (id: string) => sessionAnswer.parse(await call("GET", `/sessions/${id}`));
  return {
    call,
    session,
    /** What the contract of containers serves of one session. */
    container: (method: string, id: string, path: string, body?: unknown) => call(method, `/${id}${path}`, body, "/v1/agents"),
    agent: async (id: string) => agentAnswer.parse(await call("GET", `/agents/${id}`)),
    createSession: async (body: { template: string; user?: string; name?: string; tags?: string[] }) =>
      sessionAnswer.parse(await call("POST", "/sessions", { user: credentials.username, ...body })),
    async untilAgentIs(status: string, timeoutMs = 60_000): Promise<void> {
      for (const deadline = Date.now() + timeoutMs; ; ) {
        const answer = agentAnswer.safeParse(await call("GET", "/agents/local").catch(() => null));
        if (answer.success && answer.data.status === status) return;
        if (Date.now() > deadline) throw new Error(`the agent is ${answer.success ? answer.data.status : "not there"}, not ${status}`);
        await new Promise((resume) => setTimeout(resume, 100));
      }
    },
    /** Asks until the phase is there; says what it was instead when it never comes. */
    async untilPhase(id: string, phase: string, timeoutMs = 60_000): Promise<SessionAnswer> {
      for (const deadline = Date.now() + timeoutMs; ; ) {
        const now = await session(id);
        if (now.status.phase === phase) return now;
        if (Date.now() > deadline) throw new Error(`session ${now.name} is ${now.status.phase} (${now.status.message}), not ${phase}`);
        await new Promise((resume) => setTimeout(resume, 100));
      }
    },
  };
}
