import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type DockerKind, dockerKinds, readDockerTask, volumePathSchema } from "./docker-tasks";

const digest = `sha256:${"ab".repeat(32)}`;
const run = { image: "registry.example:5000/team/app", tag: "v1", name: "app" };
const least: Record<DockerKind, Record<string, unknown>> = {
  "docker.pull": { image: "app" },
  "docker.run": run,
  "docker.stop": { name: "app" },
  "docker.remove": { name: "app" },
  "docker.logs": { name: "app" },
  "docker.prune": {},
};
const problemsOf = (kind: DockerKind, payload: unknown) => {
  const read = readDockerTask(kind, payload);
  return read.ok ? [] : read.problems.map(({ path }) => path);
};

describe("what may be asked of an engine", () => {
  it.each(dockerKinds)("has a least %s, which is let through", (kind) => {
    expect(problemsOf(kind, least[kind])).toEqual([]);
  });

  it("has no word for what leads to the host", () => {
    const ways = [
      { privileged: true },
      { networkMode: "host" },
      { pidMode: "host" },
      { ipcMode: "host" },
      { devices: ["/dev/sda"] },
      { capAdd: ["SYS_ADMIN"] },
      { binds: ["/:/host"] },
      { mounts: [{ type: "bind", source: "/", target: "/host" }] },
      { securityOpt: ["seccomp=unconfined"] },
      { HostConfig: { Privileged: true } },
      { user: "0" },
      { volumes: [{ name: "data", path: "/data", driver: "local", driverOptions: { type: "none", o: "bind", device: "/" } }] },
      { volumes: [{ name: "/var/run/docker.sock", path: "/var/run/docker.sock" }] },
      { volumes: [{ name: "../../etc", path: "/data" }] },
      { ports: [{ container: 80, host: 8080, address: "0.0.0.0" }] },
      { ports: [{ container: 80, host: 22 }] },
      { labels: { "dev.berth.session": "x" } },
      { labels: { "dev.berth": "x" } },
      { name: "berth-desk-12345678" },
      { restart: "always" },
    ];
    expect(ways.filter((way) => problemsOf("docker.run", { ...run, ...way }).length === 0)).toEqual([]);
  });

  it("is nothing that the schemas don't name, at any depth", () => {
    const kinds = fc.constantFrom(...dockerKinds);
    const unknown = fc
      .string({ minLength: 1, maxLength: 20 })
      .filter(
        (key) =>
          !/^(image|tag|digest|name|command|env|ports|labels|memory|cpu|pidsLimit|restart|volumes|graceSeconds|force|tail|containers|images|__proto__)$/.test(
            key,
          ),
      );
    fc.assert(
      fc.property(kinds, unknown, fc.jsonValue(), (kind, key, value) => {
        expect(problemsOf(kind, { ...least[kind], [key]: value })).not.toEqual([]);
        expect(problemsOf("docker.run", { ...run, ports: [{ container: 80, host: 8080, [key]: value }] })).not.toEqual([]);
        expect(problemsOf("docker.run", { ...run, volumes: [{ name: "data", path: "/data", [key]: value }] })).not.toEqual([]);
      }),
    );
  });

  it("never throws, and names fields without their values", () => {
    fc.assert(
      fc.property(fc.constantFrom(...dockerKinds), fc.jsonValue(), (kind, payload) => {
        expect(typeof readDockerTask(kind, payload).ok).toBe("boolean");
      }),
    );
    const read = readDockerTask("docker.run", { ...run, env: { TOKEN: "hunter2\0" } });
    expect(read.ok).toBe(false);
    expect(JSON.stringify(read)).not.toContain("hunter2");
    expect(JSON.stringify(read)).toContain("env.TOKEN");
  });

  it("reads the same of what it let through once", () => {
    const payload = {
      ...run,
      digest,
      env: { MODE: "live" },
      ports: [
        { container: 80, host: 8080 },
        { container: 80, host: 8080, protocol: "udp" },
      ],
      volumes: [{ name: "data", path: "/data" }],
    };
    const first = readDockerTask("docker.run", payload);
    expect(first.ok && readDockerTask("docker.run", first.payload)).toEqual(first);
  });

  it("names one port of the host once, and one path of the container", () => {
    const port = { container: 80, host: 8080 };
    expect(problemsOf("docker.run", { ...run, ports: [port, { ...port, container: 81 }] })).toEqual(["ports"]);
    const volumes = [
      { name: "one", path: "/data" },
      { name: "two", path: "/data" },
    ];
    expect(problemsOf("docker.run", { ...run, volumes })).toEqual(["volumes"]);
  });

  it("keeps tag and digest out of an image's name", () => {
    for (const image of ["app:v1", `app@${digest}`, "-app", "app ", "https://registry.example/app", "app//b", "../app", "APP"])
      expect(problemsOf("docker.pull", { image })).toEqual(["image"]);
  });

  it("mounts no volume where the system lives, and at no path that leaves its place", () => {
    const segment = fc.constantFrom("..", ".", "", "proc", "etc", "data");
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1, maxLength: 4 }), (parts) => {
        const fine = parts.every((part) => !["..", ".", ""].includes(part)) && parts[0] === "data";
        const mayBe = parts.every((part) => !["..", ".", ""].includes(part)) && !["proc", "etc"].includes(parts[0] ?? "");
        expect(volumePathSchema.safeParse(`/${parts.join("/")}`).success).toBe(fine && mayBe);
      }),
    );
  });
});
