/**
 * Starts a session, prints what its container says first, and hibernates it.
 *
 *   BERTH_URL=http://localhost:3000 BERTH_TOKEN=… npx tsx client/examples/launch-and-hibernate.ts terminal-desktop
 */
import { createBerthClient, RequestError } from "../berth-client";

const berth = createBerthClient();
const template = process.argv[2] ?? "firefox-browser";

try {
  const made = await berth.api.sessions.create.mutate({ template, tags: ["example"] });
  const session = await berth.sessions.waitFor(made.id, { phase: "Running", timeoutMs: 60_000 });
  console.log(`${session.name} runs on ${session.agentId}: ${berth.url}/sessions/${session.id}`);

  const { logs } = await berth.api.sessions.logs.query({ id: session.id, tail: 5 });
  console.log(logs.join("\n"));

  const hibernated = berth.sessions.waitFor(session.id, { phase: "Hibernated" });
  await berth.api.sessions.setState.mutate({ id: session.id, state: "hibernated" });
  console.log((await hibernated).status.message);
} catch (error) {
  if (!(error instanceof RequestError)) throw error;
  console.error(`${error.code}: ${error.message} (request ${error.requestId ?? "none"})`);
  process.exitCode = 1;
} finally {
  await berth.close();
}
