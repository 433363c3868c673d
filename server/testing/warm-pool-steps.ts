import { expect } from "vitest";
import type { Asker } from "../modules/users/users-schema";
import { WARM_POOL_OWNER } from "../modules/users/warm-pool-owner";
import type { FakeAgent } from "./fake-agent";
import type { ServiceKit } from "./service-kit";

/** No agent, session, home or task is left, and no pool remembers that anything was wrong. */
export async function emptyPools({ database }: ServiceKit): Promise<void> {
  await database.task.deleteMany();
  await database.session.deleteMany();
  await database.home.deleteMany();
  await database.agent.deleteMany();
  await database.warmPoolHealth.deleteMany();
}

interface Stage {
  kit(): ServiceKit;
  admin(): Asker;
  /** Where no other is named. */
  agent(): FakeAgent;
  readonly template: string;
}

/** What tests of a template's warm pool do again and again. */
export function poolSteps(stage: Stage) {
  const { kit, agent, template } = stage;
  const admin = () => kit().callerOf(stage.admin());
  const size = (wanted: number) => admin().templates.setWarmPool({ name: template, size: wanted });
  const refill = () => kit().warmPoolJobs.now();
  const pool = () => admin().templates.warmPool({ name: template });
  const members = () =>
    kit().database.session.findMany({ where: { userId: WARM_POOL_OWNER }, orderBy: [{ warmAt: "asc" }, { id: "asc" }] });
  /** Time goes by, and the agent is heard. */
  const later = async (ms: number) => {
    await kit().clock.advance(ms);
    await agent().heartbeat();
    await kit().heartbeats.flush();
  };
  /** The next start that an agent is sent is done. */
  const warmed = async (on = agent()) => {
    const command = await on.command("start_session");
    await on.acknowledge(command);
    await on.complete(command, { container_id: `c-${command.session_id}`, hibernate_modes: ["stop"] });
    return command;
  };
  const ended = async (on = agent()) => {
    const command = await on.command("stop_session");
    await on.complete(command, { observed: "removed" });
    return command;
  };
  /** A pool of `count` that run; their ids, longest there first. */
  const full = async (count: number, on = agent()): Promise<string[]> => {
    await size(count);
    await refill();
    for (let one = 0; one < count; one += 1) {
      await warmed(on);
      await refill();
    }
    expect(await pool()).toMatchObject({ ready: count, starting: 0 });
    return (await members()).map(({ id }) => id);
  };
  return { size, refill, pool, members, later, warmed, ended, full };
}
