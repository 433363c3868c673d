import { describe, expect, it } from "vitest";
import { readInvocation } from "./options";
import { systemdUnit } from "./systemd-unit";

const read = (line: string, env = {}) => readInvocation(line.split(" ").filter(Boolean), env);
const problems = (line: string, env = {}) => {
  const invocation = read(line, env);
  return invocation.kind === "wrong" ? invocation.problems.join("\n") : invocation.kind;
};
const GOOD = "--url https://berth.example.com --name host-1";

describe("the agent's command line", () => {
  it("takes flags, and the environment where a flag is not given", () => {
    expect(read(`${GOOD} --label zone=a --label disk=ssd --max-sessions 5 --max-cpu 1.5 --token t`)).toMatchObject({
      kind: "run",
      settings: {
        name: "host-1",
        labels: { zone: "a", disk: "ssd" },
        limits: { maxSessions: 5, maxCpu: 1.5 },
        token: { value: "t" },
        driver: "docker",
      },
    });
    expect(read("--name a", { BERTH_URL: "http://127.0.0.1:3000", BERTH_TOKEN: "t", DOCKER_HOST: "unix:///x" })).toMatchObject({
      settings: { token: { value: "t" }, dockerHost: "unix:///x" },
    });
  });

  it.each([
    ["", "--url is missing"],
    ["--url https://x", "--name is missing"],
    ["--url nonsense --name a", "'nonsense' is not a URL"],
    ["--url ws://x --name a", "not ws://"],
    ["--url https://user:pw@x --name a", "user name or password"],
    [`--url https://x --name ${"n".repeat(2_000_000)}`, "must be 1 to 63"],
    ["--url https://x --name UPPER", "lower-case"],
    [`${GOOD} --driver podman`, "docker or memory"],
    [`${GOOD} --max-sessions 1.5`, "whole number"],
    [`${GOOD} --max-memory -1`, "--max-memory"],
    [`${GOOD} --log-retention-days -1`, "--log-retention-days"],
    [`${GOOD} --log-retention-days=soon`, "whole days"],
    [`${GOOD} --label nope`, "key=value"],
    [`${GOOD} --token a --token-file b`, "give one of them"],
    [`${GOOD} --log-level loud`, "--log-level"],
    [`${GOOD} --what`, "--what"],
    [`${GOOD} stray`, "stray"],
  ])("says what is wrong with %.60s", (line, words) => {
    expect(problems(line)).toContain(words);
    expect(problems(line).length).toBeLessThan(1000);
  });

  it.each(["http://berth.example.com", "http://192.168.1.4:3000", "http://localhost.example.com", "http://127.0.0.1.example.com"])(
    "sends no credentials to %s over plain http unless told to",
    (url) => {
      expect(problems(`--url ${url} --name a`)).toContain("plain http");
      expect(problems(`--url ${url} --name a --insecure`)).toBe("run");
    },
  );

  it.each(["http://127.0.0.1:3000", "http://localhost:3000", "http://[::1]:3000", "https://berth.example.com"])("takes %s", (url) => {
    expect(problems(`--url ${url} --name a`)).toBe("run");
  });

  it("prints a unit without the token, with everything quoted that systemd would read", () => {
    const invocation = readInvocation(
      [
        "--url",
        "https://x",
        "--name",
        "a",
        "--data-dir",
        "/srv/my data",
        "--token",
        "secret",
        "--label",
        "cost=100%",
        "--print-systemd-unit",
      ],
      {},
    );
    expect(invocation.kind).toBe("print-unit");
    const unit = "settings" in invocation ? systemdUnit(invocation.settings, "/usr/bin/node", "/opt/berth/agent.mjs") : "";
    expect(unit).toContain('--data-dir "/srv/my data"');
    expect(unit).toContain('--label "cost=100%%"');
    expect(unit).not.toContain("secret");
  });
});
