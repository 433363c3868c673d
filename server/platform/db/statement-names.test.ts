import { describe, expect, it } from "vitest";
import { statementNames } from "./statement-names";

describe("names of statements", () => {
  it("are given to what is asked again and again, and stay", () => {
    const name = statementNames();
    const asked = Array.from({ length: 6 }, () => name({ sql: "SELECT 1" }));
    expect(asked).toEqual(["", "", "", "berth_1", "berth_1", "berth_1"]);
    expect(Array.from({ length: 4 }, () => name({ sql: "SELECT 2" })).at(-1)).toBe("berth_2");
  });

  it("are never more than 150, however many texts there are: each connection keeps a plan for each", () => {
    const name = statementNames();
    const given = new Set<string>();
    for (let text = 0; text < 5_000; text += 1) for (let times = 0; times < 4; times += 1) given.add(name({ sql: `SELECT ${text}` }));
    given.delete("");
    expect(given.size).toBe(150);
  });

  it("are not wasted on what is asked once", () => {
    const name = statementNames();
    for (let text = 0; text < 5_000; text += 1) expect(name({ sql: `SELECT ${text}` })).toBe("");
    expect(Array.from({ length: 4 }, () => name({ sql: "SELECT now()" })).at(-1)).toBe("berth_1");
  });
});
