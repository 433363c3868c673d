import { describe, expect, it } from "vitest";
import { contentUrl, crumbsOf, entryUrl, folderOf, isIn, sorted } from "./file-paths";

const place = { sessionId: "s", reason: null };
const entry = (name: string, kind = "file", size = 0) => ({ name, kind, targetKind: null, size, modifiedAt: `2026-01-0${size + 1}` });

describe("the address of a file", () => {
  it("encodes each part of its path, and bytes that are no text as they are", () => {
    expect(contentUrl(place, "/home/user/a b#?.txt")).toBe("/v1/agents/s/files/home/user/a%20b%23%3F.txt");
    expect(entryUrl(place, "/home", { name: "\ufffd", rawName: "%FF" })).toBe("/v1/agents/s/files/home/%FF");
    expect(contentUrl({ ...place, reason: "why & how" }, "/a")).toBe("/v1/agents/s/files/a?reason=why+%26+how");
  });
});

describe("the way to a folder", () => {
  it("begins at the open folder that it is in", () => {
    expect(crumbsOf("/home/user/a/b", [{ path: "/srv" }, { path: "/home/user" }])).toEqual([
      { name: "/home/user", path: "/home/user" },
      { name: "a", path: "/home/user/a" },
      { name: "b", path: "/home/user/a/b" },
    ]);
    expect(folderOf("/a")).toBe("/");
  });
});

describe("the order of a list", () => {
  it("has folders first, and numbers in names as numbers", () => {
    const names = sorted([entry("b10"), entry("b2"), entry("z", "folder")], "name", false).map(({ name }) => name);
    expect(names).toEqual(["z", "b2", "b10"]);
    expect(sorted([entry("a", "file", 1), entry("b", "file", 3)], "size", true).map(({ name }) => name)).toEqual(["b", "a"]);
  });
});

describe("what is in a folder", () => {
  it("is what has it for its own, not what is deeper or elsewhere", () => {
    expect(["/a/b", "/a/b/c", "/ab", "/a", "/"].map((path) => isIn(path, "/a"))).toEqual([true, false, false, false, false]);
    expect(["/a", "/a/b", "/"].map((path) => isIn(path, "/"))).toEqual([true, false, false]);
  });
});
