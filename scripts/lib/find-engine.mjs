/** Asks whether a container engine answers, without any dependency. */
import { request } from "node:http";

/**
 * @typedef {{ host: string, version: string, apiVersion: string, rootless: boolean }} Engine
 */

/** How `node:http` reaches a DOCKER_HOST value; null for one that we don't speak (ssh, tcp with TLS). */
export function engineAddress(host) {
  if (host.startsWith("unix://")) return { socketPath: host.slice("unix://".length) };
  const tcp = /^(?:tcp|http):\/\/([^/:]+|\[[^\]]+\])(?::(\d+))?\/?$/.exec(host);
  if (tcp && process.env.DOCKER_TLS_VERIFY !== "1") return { host: tcp[1].replace(/^\[|\]$/g, ""), port: Number(tcp[2] ?? 2375) };
  return null;
}

/** One request to the engine's API. Rejects when nothing answers within `timeoutMs`. */
export function askEngine(host, method, path, { timeoutMs = 3000, body } = {}) {
  const address = engineAddress(host);
  if (!address) return Promise.reject(new Error(`DOCKER_HOST ${host} is of a kind that these scripts don't speak; use unix:// or tcp://`));
  return new Promise((resolve, reject) => {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const headers = payload === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(payload) };
    const ask = request({ ...address, method, path, headers, timeout: timeoutMs }, (answer) => {
      const parts = [];
      answer.on("data", (part) => parts.push(part));
      answer.on("error", reject);
      answer.on("end", () => {
        const text = Buffer.concat(parts).toString("utf8");
        let json = null;
        try {
          json = JSON.parse(text);
        } catch {
          // Not every answer has a body.
        }
        resolve({ status: answer.statusCode, text, json });
      });
    });
    ask.on("timeout", () => ask.destroy(new Error(`no answer from ${host} within ${timeoutMs} ms`)));
    ask.on("error", reject);
    ask.end(payload);
  });
}

/** The engine at one address, or null when none answers there. @returns {Promise<Engine | null>} */
export async function engineAt(host) {
  try {
    const { status, json } = await askEngine(host, "GET", "/version");
    if (status !== 200 || typeof json?.ApiVersion !== "string") return null;
    const info = (await askEngine(host, "GET", "/info", { timeoutMs: 15_000 })).json ?? {};
    return {
      host,
      version: json.Version,
      apiVersion: json.ApiVersion,
      rootless: (info.SecurityOptions ?? []).some((o) => o.includes("rootless")),
    };
  } catch {
    return null;
  }
}

export const systemEngineHost = "unix:///var/run/docker.sock";

/** Where to look: DOCKER_HOST or, when that is unset, Docker's usual socket. */
export const engineHost = () => process.env.DOCKER_HOST || systemEngineHost;

/** The engine there; null when none answers. */
export function findAnsweringEngine() {
  return engineAt(engineHost());
}
