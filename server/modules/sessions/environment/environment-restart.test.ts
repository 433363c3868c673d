import { desiredStateSchema, observedStateSchema } from "@berth/protocol/session-states";
import { expect, it } from "vitest";
import { keepsItsValues } from "./environment-restart";

it("says of each condition whether there is a container that keeps the values it was made with", () => {
  const table = desiredStateSchema.options.map((desired) => [
    desired,
    observedStateSchema.options.filter((observed) => keepsItsValues({ desired, observed, generation: 1 })),
  ]);
  expect(Object.fromEntries(table)).toEqual({
    running: ["absent", "starting", "running", "frozen", "stopped"],
    hibernated: ["frozen"],
    terminated: [],
  });
  expect(keepsItsValues({ desired: "running", observed: "absent", generation: 0 })).toBe(false);
});
