import { describe, expect, it } from "vitest";
import { taskSubject } from "./shown-payload";

describe("what a task is about", () => {
  it.each([
    ["docker.run", { name: "cache", image: "redis", tag: "7", env: { PASSWORD: "secret" } }, "cache"],
    ["docker.remove", { name: "cache", force: true }, "cache"],
    ["docker.pull", { image: "localhost:5000/team/app", tag: "v2" }, "localhost:5000/team/app:v2"],
    ["docker.pull", { image: "redis", digest: `sha256:${"a".repeat(64)}` }, `redis@sha256:${"a".repeat(64)}`],
    ["docker.prune", { containers: true }, null],
    ["session.start", { name: "desk", image: "berth/desktop", environment: { TOKEN: "secret" } }, null],
    ["docker.pull", null, null],
  ])("of %s %j is %j", (kind, payload, subject) => {
    expect(taskSubject({ kind, payload })).toBe(subject);
  });
});
