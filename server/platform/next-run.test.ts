import { describe, expect, it } from "vitest";
import { NextRun } from "./next-run";

function reads() {
  const open: { resolve: (value: number) => void; reject: (error: Error) => void }[] = [];
  let begun = 0;
  const run = new NextRun(() => {
    begun += 1;
    return new Promise<number>((resolve, reject) => open.push({ resolve, reject }));
  });
  const end = async (with_: number | Error) => {
    const one = open.shift();
    if (with_ instanceof Error) one?.reject(with_);
    else one?.resolve(with_);
    // The read after it begins once its end was heard.
    for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
  };
  return { run, end, begun: () => begun };
}

describe("a read that many ask for", () => {
  it("runs once for all who came while another ran, and begins after they asked", async () => {
    const { run, end, begun } = reads();
    const first = run.ask();
    const later = Array.from({ length: 15 }, () => run.ask());
    expect(begun()).toBe(1);
    await end(1);
    expect(await first).toBe(1);
    expect(begun()).toBe(2);
    await end(2);
    expect(await Promise.all(later)).toEqual(Array.from({ length: 15 }, () => 2));
  });

  it("is not shared by whoever comes after it began", async () => {
    const { run, end, begun } = reads();
    const first = run.ask();
    const second = run.ask();
    await end(1);
    const third = run.ask();
    await end(2);
    await end(3);
    expect([await first, await second, await third]).toEqual([1, 2, 3]);
    expect(begun()).toBe(3);
  });

  it("tells a failure to those who shared it, and tries again for the next", async () => {
    const { run, end } = reads();
    const first = run.ask();
    const second = run.ask();
    const told = Promise.allSettled([first, second]);
    await end(new Error("no database"));
    await end(2);
    expect(await told).toMatchObject([{ status: "rejected" }, { status: "fulfilled", value: 2 }]);
    const third = run.ask();
    await end(3);
    expect(await third).toBe(3);
  });
});
