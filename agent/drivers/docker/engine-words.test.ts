import { describe, expect, it } from "vitest";
import { engineError, pullError } from "./engine-errors";
import { exitWords } from "./exit-words";
import { PullProgress, splitReference } from "./image-pull";
import { chainsOf, isolationRules } from "./network-isolation";

const answered = (statusCode: number, message: string) => Object.assign(new Error("(HTTP code) reason"), { statusCode, json: { message } });
const unreached = (code: string) => Object.assign(new Error(`connect ${code}`), { code });

describe("errors of the engine", () => {
  it.each([
    [answered(500, "write /var/lib/x: no space left on device"), "DISK_FULL"],
    [answered(400, "Range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available"), "INSUFFICIENT_RESOURCES"],
    [unreached("ECONNREFUSED"), "ENGINE_UNAVAILABLE"],
    [unreached("ENOENT"), "ENGINE_UNAVAILABLE"],
    [answered(500, "something new"), "SESSION_PROVISIONING_FAILED"],
  ])("%s is %s", (error, code) => {
    expect(engineError(error, "create container x", "unix:///x").code).toBe(code);
  });

  it.each([
    ["unauthorized: authentication required", "IMAGE_PULL_DENIED"],
    [
      "pull access denied for x, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
      "IMAGE_PULL_DENIED",
    ],
    ["manifest for x:2 not found: manifest unknown: manifest unknown", "IMAGE_NOT_FOUND"],
    ["failed to register layer: write /x: no space left on device", "DISK_FULL"],
    ["Get https://registry/v2/: dial tcp: lookup registry: no such host", "IMAGE_PULL_FAILED"],
  ])("a pull that ends with '%.40s' is %s", (words, code) => {
    expect(pullError(new Error(words), "x:2", false, "unix:///x")).toMatchObject({ code, message: expect.stringContaining("x:2") });
    expect(pullError(answered(500, words), "x:2", false, "unix:///x").code).toBe(code);
  });

  it("says how a container ended", () => {
    expect(exitWords(137, true)).toBe("ended by itself with exit code 137 (killed; out of memory)");
    expect(exitWords(0, false)).toBe("ended by itself with exit code 0");
    expect(exitWords(139, false)).toBe("ended by itself with exit code 139 (memory fault)");
    expect(exitWords(143, false, true)).toBe("ended with exit code 143 (terminated) while its container engine was away or being stopped");
  });
});

describe("a pull's progress", () => {
  it("rises over layers that become known one by one and never goes back", () => {
    const progress = new PullProgress();
    const line = (id: string, status: string, current?: number, total?: number) =>
      progress.take({ id, status, progressDetail: { current, total } });
    expect(line("a", "Pulling fs layer")).toBe(0);
    expect(line("a", "Downloading", 50, 100)).toBe(35);
    expect(line("b", "Downloading", 0, 900)).toBe(35);
    expect(line("a", "Pull complete")).toBe(35);
    expect(line("b", "Extracting", 900, 900)).toBe(100);
    expect(progress.take({ status: "Status: Downloaded newer image" })).toBeNull();
  });

  it("takes a reference apart, ports of registries and digests included", () => {
    expect(splitReference("a")).toEqual({ repository: "a", tag: "latest" });
    expect(splitReference("h:5000/a/b")).toEqual({ repository: "h:5000/a/b", tag: "latest" });
    expect(splitReference("h:5000/a:1")).toEqual({ repository: "h:5000/a", tag: "1" });
    expect(splitReference("a@sha256:0")).toEqual({ repository: "a", tag: "sha256:0" });
  });
});

describe("firewall rules", () => {
  const network = { id: "0123456789abcdef", bridge: "br-0123456789ab" };
  const agent = "fedcba98-7654-4321-8000-000000000000";

  it("let answers and names through first, then refuse the host, link-local addresses and the control plane", () => {
    const rules = isolationRules({ network, agent, controlPlane: ["203.0.113.5"], nameServers: ["10.0.0.2"] });
    const host = rules.split("\n").filter((rule) => rule.startsWith("-A BERTH-HOST"));
    expect(host[0]).toContain("ESTABLISHED");
    expect(host.at(-1)).toBe("-A BERTH-HOST-012345fedcba9 -j REJECT --reject-with icmp-admin-prohibited");
    for (const address of ["169.254.0.0/16", "203.0.113.5"])
      expect(rules).toContain(`-A BERTH-SESSIONS-012345fedcba9 -d ${address} -j REJECT`);
    expect(rules).toContain("-d 10.0.0.2 -p udp --dport 53 -j RETURN");
  });

  it("have names that the kernel takes", () => {
    for (const chain of Object.values(chainsOf(network, agent))) expect(chain.length).toBeLessThanOrEqual(28);
  });
});
