import { expect, it } from "vitest";
import { SharedAnswers } from "./shared-answers";

it("whoever asks while an answer is being made shares the next, which begins after they asked", async () => {
  const shared = new SharedAnswers<string | null>();
  const arrived: ((text: string) => void)[] = [];
  const make = () => new Promise<string>((resolve) => arrived.push(resolve));
  const first = shared.of("a", make);
  const later = [shared.of("a", make), shared.of("a", make)];
  const other = shared.of("b", make);
  expect(arrived).toHaveLength(2);
  arrived[0]?.("old");
  arrived[1]?.("another's");
  expect(await first).toBe("old");
  await expect.poll(() => arrived.length).toBe(3);
  arrived[2]?.("new");
  expect(await Promise.all(later)).toEqual(["new", "new"]);
  expect(await other).toBe("another's");
});

it("a refusal is for those who shared it, and the next who asks is answered anew", async () => {
  const shared = new SharedAnswers<string | null>();
  await expect(shared.of("a", () => Promise.reject(new Error("away")))).rejects.toThrow("away");
  expect(await shared.of("a", async () => "there")).toBe("there");
});
