import { z } from "zod";
import { adminPassword } from "./stack";

const agentAnswer = z.object({ id: z.string(), agent_id: z.string(), status: z.string() });
const sessionAnswer = z.object({
  id: z.string(),
  name: z.string(),
  state: z.string(),
  status: z.object({ phase: z.string(), message: z.string() }),
});
export type SessionAnswer = z.infer<typeof sessionAnswer>;

/** The REST API as a script would use it, signed in as the first admin (or as whom you say). */
export function api(url: string, credentials = { username: "admin", password: adminPassword }) {
  let token: string | null = null;

  const call = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    if (token === null && path !== "/auth/login") {
      const login = z.object({ token: z.string() }).parse(await call("POST", "/auth/login", credentials));
      token = login.token;
    }
    const answer = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: {
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
    agent: async (id: string) => agentAnswer.parse(await call("GET", `/agents/${id}`)),
    createSession: async (body: { template: string; user?: string; name?: string; tags?: string[] }) =>
      sessionAnswer.parse(await call("POST", "/sessions", { user: credentials.username, ...body })),
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
