/** Where the control plane listens and how this machine reaches it, from the same environment that it reads. */
import { once } from "node:events";
import { get as getHttp } from "node:http";
import { get as getHttps } from "node:https";
import { createServer } from "node:net";
import { Refusal } from "./say.mjs";

export function controlPlaneAddress(env = process.env) {
  const port = Number(env.PORT || 3000);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Refusal(`PORT is "${env.PORT}": it must be a number from 1 to 65535`);
  const host = env.HOST || "127.0.0.1";
  const secure = Boolean(env.TLS_CERT);
  const wildcard = host === "0.0.0.0" || host === "::";
  const near = wildcard ? "127.0.0.1" : host;
  const shown = near.includes(":") ? `[${near}]` : near;
  const local = `${secure ? "https" : "http"}://${shown}:${port}`;
  const publicUrl = env.PUBLIC_URL || `${secure ? "https" : "http"}://localhost:${port}`;
  return {
    port,
    /** Where agents show their certificates; null: any free one, or none. */
    agentPort: agentPortOf(env.AGENT_TLS_PORT || "3443"),
    host,
    local,
    /** What people open. */
    publicUrl,
    /** What the agent on this machine dials: under TLS a name that is in the certificate. */
    agentUrl: secure ? env.AGENT_PUBLIC_URL || publicUrl : local,
  };
}

function agentPortOf(text) {
  if (text === "off" || text === "0") return null;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new Refusal(`AGENT_TLS_PORT is "${text}": it must be a number from 1 to 65535, 0 for any free port, or off`);
  return port;
}

/** Throws `Refusal` when something listens already at PORT or AGENT_TLS_PORT. */
export async function ensurePortsFree({ host, port, agentPort }) {
  await ensurePortFree({ name: "PORT", host, port });
  if (agentPort !== null) await ensurePortFree({ name: "AGENT_TLS_PORT", host, port: agentPort });
}

async function ensurePortFree({ name, host, port }) {
  const probe = createServer();
  try {
    probe.listen({ host, port, exclusive: true });
    await once(probe, "listening");
  } catch (error) {
    if (error.code === "EADDRINUSE") {
      throw new Refusal(
        `Port ${port} on ${host} is in use. Is Berth running already? Stop what listens there, or choose another: ${name}=${port + 1} npm start`,
      );
    }
    if (error.code === "EACCES")
      throw new Refusal(
        `This user may not listen on port ${port}; choose one above 1023: ${name}=${name === "PORT" ? 3000 : 3443} npm start`,
      );
    throw new Refusal(`HOST ${host} can't be listened on: ${error.message}`);
  } finally {
    probe.close();
  }
}

/** Does `GET /healthz` answer 200? A certificate is not looked at: it is this machine. */
export function isReady(local) {
  return new Promise((resolve) => {
    const options = { timeout: 2000, rejectUnauthorized: false };
    const ask = (local.startsWith("https") ? getHttps : getHttp)(`${local}/healthz`, options, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    ask.on("timeout", () => ask.destroy());
    ask.on("error", () => resolve(false));
  });
}
