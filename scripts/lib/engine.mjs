/** A container engine to run sessions on: the one that answers, else one of our own where that is possible. */
import { existsSync } from "node:fs";
import { aptInstall, distribution, findProgram, hasApt, isRoot } from "./debian.mjs";
import { engineAt, findAnsweringEngine } from "./find-engine.mjs";
import { enterOwnEngine, leaveOwnEngine, sayOwnEngine } from "./own-engine.mjs";
import { Refusal, say } from "./say.mjs";

/**
 * @typedef {{ engine: import("./find-engine.mjs").Engine, ours: boolean, leave: () => Promise<boolean> }} EngineInUse
 * `leave` stops an engine of ours when no one else uses it, and answers whether it did.
 */

const systemSocket = "/var/run/docker.sock";

/**
 * Answers `{ inUse }`, or `{ missing }` with what to do about it in one or two sentences. @returns {Promise<{ inUse?: EngineInUse, missing?: string }>}
 */
export async function ensureEngine() {
  const found = await findAnsweringEngine();
  if (found) {
    say.done(`Container engine ${found.version} answers at ${found.host}`);
    return { inUse: { engine: found, ours: false, leave: async () => false } };
  }
  if (process.env.DOCKER_HOST)
    return { missing: `No container engine answers at DOCKER_HOST (${process.env.DOCKER_HOST}). Start it there, or unset DOCKER_HOST.` };
  const debian = ["debian", "ubuntu"].includes(distribution().id) && hasApt();
  if (!isRoot()) return { missing: adviceWithoutRoot(debian) };
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

function adviceWithoutRoot(debian) {
  if (existsSync(systemSocket))
    return `The container engine at ${systemSocket} doesn't answer this user. Run: sudo usermod -aG docker $USER – then sign in again.`;
  if (debian)
    return "There is no container engine. Run: sudo apt-get install -y docker.io && sudo usermod -aG docker $USER – then sign in again.";
  return "There is no container engine. Install Docker Engine and give this user the right to use it.";
}

async function waitForSystemEngine() {
  if (!existsSync("/run/systemd/system")) return null;
  for (let tries = 0; tries < 100; tries++) {
    const engine = await engineAt(`unix://${systemSocket}`);
    if (engine) return engine;
    await new Promise((resume) => setTimeout(resume, 100));
  }
  return null;
}
