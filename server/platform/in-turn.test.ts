import { expect, it } from "vitest";
import { InTurn } from "./in-turn";

it("begins each when the one before has ended, however that ended, and tells each its own", async () => {
  const turns = new InTurn();
  const said: string[] = [];
  let end = () => {};
  const first = turns.run(async () => {
    said.push("first begins");
    await new Promise<void>((resolve) => {
      end = resolve;
    });
    throw new Error("it went wrong");
  });
  const second = turns.run(async () => {
    said.push("second begins");
    return "done";
  });
  await expect.poll(() => said).toEqual(["first begins"]);
  end();
  await expect(first).rejects.toThrow("it went wrong");
  expect(await second).toBe("done");
  expect(said).toEqual(["first begins", "second begins"]);
});
