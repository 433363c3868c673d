/** A container engine to run sessions on: the one that answers, else one of our own where that is possible. */
import { existsSync } from "node:fs";
import { aptInstall, distribution, findProgram, hasApt, isRoot } from "./debian.mjs";
import { engineAdvice } from "./engine-advice.mjs";
import { askEngine, engineAt, engineHost, findAnsweringEngine, systemEngineHost } from "./find-engine.mjs";
import { enterOwnEngine, leaveOwnEngine, sayOwnEngine } from "./own-engine.mjs";
import { Refusal, say } from "./say.mjs";

/**
 * @typedef {{ engine: import("./find-engine.mjs").Engine, ours: boolean, leave: () => Promise<boolean> }} EngineInUse
 * `leave` stops an engine of ours when no one else uses it, and answers whether it did.
 */

/**
 * Answers `{ inUse }`, or `{ missing }` with what to do about it in one or two sentences. @returns {Promise<{ inUse?: EngineInUse, missing?: string }>}
 */
export async function ensureEngine() {
  const found = await findAnsweringEngine();
  if (found) {
    say.done(`Container engine ${found.version} answers at ${found.host}`);
    return { inUse: { engine: found, ours: false, leave: async () => false } };
  }
  const debian = ["debian", "ubuntu"].includes(distribution().id) && hasApt();
  const chosen = Boolean(process.env.DOCKER_HOST);
  if (chosen || !isRoot()) {
    const code = await askEngine(engineHost(), "GET", "/_ping").then(
      () => null,
      (error) => error.code ?? null,
    );
    return { missing: engineAdvice({ host: engineHost(), code, chosen, installed: findProgram("dockerd") !== null, debian }) };
  }
  if (!findProgram("dockerd")) {
    if (!debian) return { missing: "There is no container engine. Install Docker Engine, start it, and run npm start again." };
    try {
      await aptInstall(["docker.io"], "container engine for the sessions");
    } catch (error) {
      return { missing: error.message };
    }
    // Where systemd runs, the package has started the system's own engine.
    const system = await waitForSystemEngine();
    if (system) {
      say.done(`Container engine ${system.version} was installed and answers at ${system.host}; it stays when Berth ends`);
      return { inUse: { engine: system, ours: false, leave: async () => false } };
    }
  }
  try {
    const engine = await enterOwnEngine();
    sayOwnEngine();
    return { inUse: { engine, ours: true, leave: leaveOwnEngine } };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { missing: error.message };
  }
}

async function waitForSystemEngine() {
  if (!existsSync("/run/systemd/system")) return null;
  for (let tries = 0; tries < 100; tries++) {
    const engine = await engineAt(systemEngineHost);
    if (engine) return engine;
    await new Promise((resume) => setTimeout(resume, 100));
  }
  return null;
}
