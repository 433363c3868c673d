import type { StartSessionData } from "@berth/protocol/agent-commands";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { startData } from "../../testing/start-data";
import { containerOptions } from "./container-spec";

const optionsOf = (spec: Partial<StartSessionData> = {}, plan: Partial<Parameters<typeof containerOptions>[0]> = {}) =>
  containerOptions({
    sessionId: "0123abcd-0000-4000-8000-000000000000",
    agent: "host-1",
    spec: startData(spec),
    network: "berth-sessions",
    displayFolder: "/data/d/1",
    publishDisplay: false,
    imageHome: null,
    ...plan,
  });

describe("the container made of a spec", () => {
  it("carries id, generation and agent as labels, and a name that people can read", () => {
    const { Labels, name } = optionsOf({ generation: 7, name: "ana's desk" });
    expect(Labels).toMatchObject({
      "dev.berth.session": "0123abcd-0000-4000-8000-000000000000",
      "dev.berth.generation": "7",
      "dev.berth.agent": "host-1",
    });
    expect(name).toBe("berth-ana-s-desk-0123abcd");
  });

  it("never gains a privilege, a device, a host namespace or a bind but the display's own, whatever the spec says", () => {
    const anything = fc.record({
      name: fc.string(),
      environment: fc.dictionary(fc.constantFrom("PATH", "LD_PRELOAD", "BERTH_DISPLAY_SOCKET"), fc.string()),
      security: fc.constantFrom("strict" as const, "compatible" as const),
      shm_size_bytes: fc.nat(),
      home: fc.option(
        fc.record({
          volume: fc.constantFrom("berth-home-1", "/etc", "../x", "postgres"),
          path: fc.constantFrom("/home/user", "/", "/proc", "/a:/b"),
        }),
      ),
    });
    fc.assert(
      fc.property(anything, (spec) => {
        let options: ReturnType<typeof optionsOf>;
        try {
          options = optionsOf(spec);
        } catch (error) {
          expect(error).toMatchObject({ code: "SPEC_REFUSED" });
          return;
        }
        const host = options.HostConfig ?? {};
        expect(host).toMatchObject({
          Privileged: false,
          CapDrop: ["ALL"],
          SecurityOpt: ["no-new-privileges"],
          NetworkMode: "berth-sessions",
        });
        for (const key of ["Binds", "Devices", "PidMode", "IpcMode", "UTSMode", "UsernsMode", "CgroupParent", "VolumesFrom", "Sysctls"]) {
          expect(host).not.toHaveProperty(key);
        }
        expect(host.Mounts?.filter((mount) => mount.Type === "bind").map((mount) => mount.Source)).toEqual(["/data/d/1"]);
        expect(host.Mounts?.filter((mount) => mount.Type === "volume").every((mount) => mount.Source.startsWith("berth-home-"))).toBe(true);
        expect(options.Env).toContain("BERTH_DISPLAY_SOCKET=/run/berth/display.sock");
      }),
    );
  });

  it("limits memory without swap, CPU and processes", () => {
    const { HostConfig } = optionsOf({ resources: { memory: "2Gi", cpu: "1500m" }, pids_limit: 99, shm_size_bytes: 1024 });
    expect(HostConfig).toMatchObject({ Memory: 2 ** 31, MemorySwap: 2 ** 31, NanoCpus: 1_500_000_000, PidsLimit: 99, ShmSize: 1024 });
  });

  it("runs strict as 1000 on a read-only root, compatible as the image's user with five capabilities", () => {
    expect(optionsOf({ security: "strict" })).toMatchObject({ User: "1000:1000", HostConfig: { ReadonlyRootfs: true, CapAdd: [] } });
    const compatible = optionsOf({ security: "compatible" });
    expect(compatible).not.toHaveProperty("User");
    expect(compatible.HostConfig).toMatchObject({
      ReadonlyRootfs: false,
      CapAdd: ["CHOWN", "SETUID", "SETGID", "DAC_OVERRIDE", "FOWNER"],
      Tmpfs: {},
    });
  });

  it("gives a session without a home a temporary one where its image's user lives", () => {
    const folders = (imageHome: string | null) => Object.keys(optionsOf({}, { imageHome }).HostConfig?.Tmpfs ?? {});
    expect(folders("/home/coder")).toContain("/home/coder");
    for (const home of [null, "/root", "/", "/proc/x"]) expect(folders(home)).toContain("/home/user");
  });

  it("publishes the display on the host's own address alone, and only where it must", () => {
    expect(optionsOf().HostConfig).not.toHaveProperty("PortBindings");
    const published = optionsOf({}, { publishDisplay: true, displayFolder: null });
    expect(published.HostConfig?.PortBindings).toEqual({ "5900/tcp": [{ HostIp: "127.0.0.1", HostPort: "" }] });
  });

  it("adds latest where a reference has no tag", () => {
    expect(optionsOf({ image: "localhost:5000/a/b" }).Image).toBe("localhost:5000/a/b:latest");
    expect(optionsOf({ image: "a/b@sha256:00" }).Image).toBe("a/b@sha256:00");
  });
});
