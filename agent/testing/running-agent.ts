import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Agent, type AgentOptions, createAgent } from "../agent";
import type { SessionDriver } from "../drivers/driver";
import { createLog } from "../log";
import { FakeControlPlane } from "./fake-control-plane";
import { fixedCredentials } from "./fixed-credentials";

/** An agent in this process, registered with a control plane of its own; `end` removes both. */
export async function runAgent<D extends SessionDriver>(
  driver: D,
  overrides: Partial<AgentOptions> = {},
): Promise<{ plane: FakeControlPlane; agent: Agent; driver: D; dataDir: string; end(): Promise<void> }> {
  const plane = new FakeControlPlane();
  await plane.listen();
  const dataDir = overrides.dataDir ?? (await mkdtemp(join(tmpdir(), "berth-agent-")));
  const agent = createAgent({
    url: plane.url,
    name: "test-agent",
    credentials: fixedCredentials(plane.credential),
    dataDir,
    driver,
    log: createLog("silent"),
    random: () => 0.01,
    ...overrides,
  });
  await agent.start();
  await agent.untilRegistered();
  return {
    plane,
    agent,
    driver,
    dataDir,
    async end() {
      await agent.stop();
      await plane.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
