/** Containers and volumes of Berth's in an engine, so that a test run can tell and remove what it left behind. */
import { askEngine } from "./find-engine.mjs";

const labels = ["dev.berth.session", "dev.berth.home", "dev.berth.agent", "dev.berth.test"];

async function listed(host, path, key) {
  const found = new Set();
  for (const label of labels) {
    const query = new URLSearchParams({ all: "1", filters: JSON.stringify({ label: [label] }) });
    const { json } = await askEngine(host, "GET", `${path}?${query}`, { timeoutMs: 30_000 });
    for (const thing of Array.isArray(json) ? json : (json?.Volumes ?? [])) found.add(thing[key]);
  }
  return found;
}

export async function inventory(host) {
  return { containers: await listed(host, "/containers/json", "Id"), volumes: await listed(host, "/volumes", "Name") };
}

/** What is there now and wasn't at `before`. */
export async function leftSince(host, before) {
  const now = await inventory(host);
  return {
    containers: [...now.containers].filter((id) => !before.containers.has(id)),
    volumes: [...now.volumes].filter((name) => !before.volumes.has(name)),
  };
}

export async function removeLeftovers(host, { containers, volumes }) {
  for (const id of containers) await askEngine(host, "DELETE", `/containers/${id}?force=1&v=1`, { timeoutMs: 60_000 });
  for (const name of volumes) await askEngine(host, "DELETE", `/volumes/${encodeURIComponent(name)}?force=1`, { timeoutMs: 60_000 });
}
