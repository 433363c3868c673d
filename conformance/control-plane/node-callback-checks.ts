import { z } from "zod";
import type { Check } from "../check";
import { demandServed, eventually, expectShape, expectStatus } from "../expectations";
import type { Plane } from "./plane";

const section = "node-callbacks";

/** Errors of the node contract. */
const nodeErrorShape = z.object({ error: z.string().regex(/^[a-z_]+$/), message: z.string().min(1) });

const callback = (id: `node-${number}`, word: "ready" | "heartbeat", body: Record<string, unknown>): Check<Plane> => ({
  id,
  section,
  says: `A node's ${word} callback is taken from the node itself, and refused with 401 from nobody`,
  async run(plane) {
    const agent = await plane.agent();
    const target = `/api/nodes/${agent.id}/${word}`;
    const answer = await agent.ask("POST", target, body);
    demandServed(answer);
    expectStatus(answer, [200, 202, 204]);
    const nobody = await agent.ask("POST", target, body, { authorization: null });
    expectStatus(nobody, 401);
    expectShape(nodeErrorShape, nobody.json, nobody.where);
  },
});

export const nodeCallbackChecks: readonly Check<Plane>[] = [
  callback("node-1", "ready", {}),
  callback("node-2", "heartbeat", {}),
  {
    id: "node-3",
    section,
    says: "Both callbacks are refused with 403 in another node's path, and make the node that sends them be seen as online",
    async run(plane) {
      const agent = await plane.agent();
      const other = await plane.otherAgent();
      for (const word of ["ready", "heartbeat"]) {
        const foreign = await agent.ask("POST", `/api/nodes/${other.id}/${word}`, {});
        demandServed(foreign);
        expectStatus(foreign, 403);
        expectShape(nodeErrorShape, foreign.json, foreign.where);
      }
      const quiet = await plane.enrol();
      expectStatus(await quiet.ask("POST", `/api/nodes/${quiet.id}/ready`, {}), [200, 202, 204]);
      const told = { expected: "status online", where: "GET /api/v1/agents/{id}, status", patienceMs: plane.patienceMs };
      await eventually(
        async () => (await plane.agentRow(quiet.id)).status,
        (status) => status === "online",
        told,
      );
    },
  },
];
