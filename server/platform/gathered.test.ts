import { describe, expect, it } from "vitest";
import { Gathered } from "./gathered";

/** Answers when it is told to. */
function held() {
  const batches: string[][] = [];
  const ends: (() => void)[] = [];
  const gathered = new Gathered<string, string>(
    async (batch) => {
      batches.push([...batch]);
      await new Promise<void>((resolve) => ends.push(resolve));
      return batch.map((one) => `answer to ${one}`);
    },
    (asked) => asked.slice(0, 1),
  );
  return { gathered, batches, ends };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe("questions that are gathered", () => {
  it("go together while an answer is under way, and each gets its own", async () => {
    const { gathered, batches, ends } = held();
    const first = gathered.ask("a");
    await turn();
    const others = ["b", "c", "d"].map((one) => gathered.ask(one));
    expect(batches).toEqual([["a"]]);
    ends[0]?.();
    expect(await first).toBe("answer to a");
    await turn();
    ends[1]?.();
    expect(await Promise.all(others)).toEqual(["answer to b", "answer to c", "answer to d"]);
    expect(batches).toEqual([["a"], ["b", "c", "d"]]);
  });

  it("are answered in their order where they are of one thing, one batch after the other", async () => {
    const { gathered, batches, ends } = held();
    const all = ["a1", "a2", "b1", "a3"].map((one) => gathered.ask(one));
    for (const at of [0, 1, 2]) {
      await turn();
      ends[at]?.();
      await turn();
    }
    await Promise.all(all);
    expect(batches).toEqual([["a1", "b1"], ["a2"], ["a3"]]);
  });

  it("are tried alone where they fail together, so that one fails for itself", async () => {
    const gathered = new Gathered<string, string>(
      async (batch) => {
        if (batch.includes("bad")) throw new Error("bad can't be written");
        return [...batch];
      },
      (asked) => asked,
    );
    const all = await Promise.allSettled(["good", "bad", "fine"].map((one) => gathered.ask(one)));
    expect(all).toEqual([
      { status: "fulfilled", value: "good" },
      { status: "rejected", reason: new Error("bad can't be written") },
      { status: "fulfilled", value: "fine" },
    ]);
  });
});
