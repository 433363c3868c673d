import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { changesBetween, type Look, printOf, readLook, type Seen } from "./folder-looks";

const MODE = { file: "81a4", folder: "41ed" };
const line = (name: string, { kind = "file", size = 1, inode = 7, at = "2026-11-22 10:00:00.1 +0000" }: Facts = {}) =>
  `${MODE[kind]}|${size}|${inode}|${at}|${at}|${name}\n`;
interface Facts {
  readonly kind?: "file" | "folder";
  readonly size?: number;
  readonly inode?: number;
  readonly at?: string;
}
const said = (root: string, names: readonly string[], facts = names.map((name) => line(name)).join("")) =>
  `R${root}\0B${facts}\0${names.map((name) => `${name}\0`).join("")}`;
const look = (text: string, maxBytes = 10_000): Look => readLook(Buffer.from(text, "latin1"), maxBytes);

describe("what a look says", () => {
  it("is read with names of any bytes, newlines and what looks like a line among them", () => {
    const names = [".", "./a b", "./new\nline", "./\xff\xfe", "./81a4|1|1|2|3|x"];
    expect([...look(said("/home/user", names)).seen.keys()]).toEqual([
      "/home/user",
      ...["a b", "new\nline", "\xff\xfe", "81a4|1|1|2|3|x"].map((name) => `/home/user/${name}`),
    ]);
  });

  it("overlooks what went while it was looked at", () => {
    expect([...look(said("/r", ["./a", "./gone", "./z"], line("./a") + line("./z"))).seen.keys()]).toEqual(["/r/a", "/r/z"]);
  });

  it("is cut where there was more, at the last name that is whole", () => {
    const text = said("/r", ["./a", "./bcdef"]).slice(0, -3);
    const cut = look(text, text.length);
    expect([[...cut.seen.keys()], cut.cut]).toEqual([["/r/a"], true]);
  });

  it("never has what is the kernel's or the agent's own", () => {
    expect([...look(said("/", ["./proc", "./proc/1", "./run/berth/x", "./process"])).seen.keys()]).toEqual(["/process"]);
  });
});

const path = fc.constantFrom("/r/a", "/r/b", "/r/b/c", "/r/b/d", "/r/e");
const seen = fc.record({ folder: fc.boolean(), content: fc.constantFrom("1", "2"), identity: fc.constantFrom("x", "y") });
const looks = fc
  .uniqueArray(fc.tuple(path, seen), { selector: ([name]) => name })
  .map((entries): Look => ({ seen: new Map<string, Seen>(entries), cut: false }));

describe("changes between two looks", () => {
  it("make of the names of the one those of the other, each told once", () => {
    fc.assert(
      fc.property(looks, looks, (before, after) => {
        const changes = changesBetween(before, after);
        const names = new Set(before.seen.keys());
        for (const { path: name, action } of changes) {
          expect(names.has(name)).toBe(action !== "created");
          if (action === "deleted") names.delete(name);
          else names.add(name);
        }
        expect([...names].sort()).toEqual([...after.seen.keys()].sort());
        expect(new Set(changes.map(({ path: name }) => name)).size).toBe(changes.length);
      }),
    );
  });

  it("are told of a file exactly when it is another, or was written to", () => {
    fc.assert(
      fc.property(looks, looks, (before, after) => {
        const told = new Set(changesBetween(before, after).flatMap(({ path: name, action }) => (action === "modified" ? [name] : [])));
        for (const [name, now] of after.seen) {
          const then = before.seen.get(name);
          if (!then) continue;
          const same = then.folder === now.folder && (now.folder || (then.content === now.content && then.identity === now.identity));
          expect(told.has(name)).toBe(!same);
        }
      }),
    );
  });

  it("say nothing of what comes and goes at the edge of a look that was cut, but of its folder", () => {
    const before = { ...look(said("/r", [".", "./a"], line(".", { kind: "folder" }) + line("./a"))), cut: true };
    const facts = line(".", { kind: "folder", at: "2026-11-22 10:00:09.1 +0000" }) + line("./b");
    expect(changesBetween(before, look(said("/r", [".", "./b"], facts)))).toEqual([{ path: "/r", action: "modified" }]);
  });
});

describe("the print of a look", () => {
  it("is the same in another container, and another for other content", () => {
    const one = look(said("/r", ["./a"], line("./a", { inode: 1 })));
    expect(printOf(look(said("/r", ["./a"], line("./a", { inode: 2 }))))).toBe(printOf(one));
    expect(printOf(look(said("/r", ["./a"], line("./a", { size: 2 }))))).not.toBe(printOf(one));
    expect(printOf(look(said("/r", ["./a", "./b"])))).not.toBe(printOf(one));
  });
});
