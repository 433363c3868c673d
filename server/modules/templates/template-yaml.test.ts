import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalContent } from "./template-spec";
import { templateFromYaml, templateToYaml } from "./template-yaml";
import { createTemplateInput, type TemplateContent, templateContentSchema } from "./templates-schema";

const base: TemplateContent = templateContentSchema.parse(
  createTemplateInput.parse({
    name: "x",
    displayName: "Firefox",
    category: "Browsers",
    image: "berth/test:1",
    display: { protocol: "rfb", port: 5900 },
    defaultResources: { memory: "512Mi", cpu: "500m" },
  }),
);

const text = (maxLength: number, minLength = 0) =>
  fc.string({ unit: "grapheme", minLength, maxLength }).filter((one) => one.length <= maxLength && one.length >= minLength);
const contents: fc.Arbitrary<TemplateContent> = fc.record({
  displayName: text(100, 1),
  category: text(100, 1),
  description: fc.oneof(
    text(300),
    fc.string({ maxLength: 100 }),
    fc.constantFrom("yes", "1.0", "null", "a: b", "# c", " x\n\n  y\n", "a\r\nb", "---", "\t"),
  ),
  tags: fc.array(text(50), { maxLength: 5 }),
  icon: fc.option(text(50)),
  iconUrl: fc.option(fc.webUrl({ validSchemes: ["https"] }).filter((url) => url.length <= 500 && URL.canParse(url))),
  image: fc.constantFrom("berth/a:1", "registry.example:5000/team/app@sha256:0123"),
  display: fc.record(
    {
      protocol: fc.constantFrom("rfb" as const, "http" as const),
      port: fc.integer({ min: 1, max: 65_535 }),
      unix_socket: fc.boolean(),
      path: text(50).map((rest) => `/${rest}`),
      resolution: fc.constant("1920x1080"),
      color_depth: fc.constantFrom(16 as const, 24 as const),
    },
    { requiredKeys: ["protocol", "port", "unix_socket", "path"] },
  ),
  security: fc.constantFrom("strict" as const, "compatible" as const),
  defaultResources: fc.record(
    { memory: fc.constantFrom("1Gi", "2048Mi"), cpu: fc.constantFrom("1", "250m"), storage: fc.constant("10Gi") },
    { requiredKeys: ["memory", "cpu"] },
  ),
  environment: fc.dictionary(
    fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,20}$/),
    fc.oneof(text(60), fc.constantFrom("1000", "true", "", "~")),
    {
      maxKeys: 6,
    },
  ),
  persistentHome: fc.boolean(),
  homePath: fc.constantFrom("/home/user", "/config"),
  shmSize: fc.constant("256Mi"),
  pidsLimit: fc.integer({ min: 16, max: 32_768 }),
  idleTimeout: fc.constantFrom("0", "30m", "90m"),
  hibernateMode: fc.constantFrom("stop" as const, "freeze" as const),
  readyTimeoutSeconds: fc.integer({ min: 1, max: 3600 }),
  policy: fc.record({
    clipboardIn: fc.boolean(),
    clipboardOut: fc.boolean(),
    fileTransfer: fc.boolean(),
    sharing: fc.boolean(),
    thumbnails: fc.boolean(),
    terminals: fc.boolean(),
    ports: fc.boolean(),
  }),
  placement: fc.record(
    {
      labels: fc.dictionary(fc.stringMatching(/^[a-z./-]{1,20}$/), fc.oneof(text(30), fc.constantFrom("yes", "1", "")), { maxKeys: 4 }),
      capabilities: fc.array(text(50, 1), { maxLength: 3 }),
      strategy: fc.constantFrom("spread" as const, "pack" as const),
    },
    { requiredKeys: ["labels", "capabilities"] },
  ),
  accessParameters: fc.record(
    {
      writablePaths: fc.array(fc.constantFrom("/home/user", "/srv/a b", "/"), { maxLength: 3 }),
      readOnlyPaths: fc.array(fc.constantFrom("/usr/share", "/opt/ü"), { maxLength: 2 }),
      configDir: fc.constant("/etc/app"),
    },
    { requiredKeys: [] },
  ),
  health: fc.record({
    probes: fc.array(
      fc.oneof(
        fc.constantFrom({ type: "process" as const }, { type: "display" as const }),
        fc.record({
          type: fc.constant("http" as const),
          port: fc.integer({ min: 1, max: 65_535 }),
          path: fc.constantFrom("/", "/a?b=c#d"),
        }),
        fc.record({ type: fc.constant("exec" as const), argv: fc.array(text(30, 1), { minLength: 1, maxLength: 3 }) }),
      ),
      { maxLength: 4 },
    ),
    intervalSeconds: fc.integer({ min: 5, max: 3600 }),
    timeoutSeconds: fc.integer({ min: 1, max: 60 }),
    failureThreshold: fc.integer({ min: 1, max: 20 }),
    startPeriodSeconds: fc.integer({ min: 0, max: 3600 }),
    onUnhealthy: fc.constantFrom("nothing" as const, "restart" as const),
    maxRestarts: fc.integer({ min: 1, max: 20 }),
    backoffSeconds: fc.integer({ min: 1, max: 3600 }),
  }),
});

const problems = (yaml: string) => {
  const read = templateFromYaml(yaml);
  return read.ok ? [] : read.problems;
};

describe("a template as a file", () => {
  it("comes back as it went, whatever is written in it, and gives the same file again", () => {
    fc.assert(
      fc.property(contents, (content) => {
        const yaml = templateToYaml({ name: "round-trip", content });
        const read = templateFromYaml(yaml);
        expect(read).toEqual({ ok: true, name: "round-trip", content });
        if (read.ok) expect(templateToYaml(read)).toBe(yaml);
      }),
      { numRuns: 400 },
    );
  });

  it("is the same text whatever order the variables came in", () => {
    const yaml = (environment: Record<string, string>) => templateToYaml({ name: "x", content: { ...base, environment } });
    expect(yaml({ B: "2", A: "1" })).toBe(yaml({ A: "1", B: "2" }));
    expect(yaml({})).toMatch(/^apiVersion: berth\/v1\nkind: Template\nmetadata:\n {2}name: x\n {2}displayName: Firefox\n/);
  });

  it("is never a fault of ours, whatever text it is", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(..."[]{}:-&*!|>#'\"\n \tab1") }), fc.json()), (yaml) => {
        expect(templateFromYaml(yaml).ok).toBe(false);
      }),
      { numRuns: 500 },
    );
    expect(problems("[".repeat(100_000))).not.toEqual([]);
  });

  it("takes quantities that mean the same for the same", () => {
    const written = { ...base, defaultResources: { memory: "2048Mi", cpu: "0.5" }, idleTimeout: "1h30m" };
    expect(canonicalContent(written)).toMatchObject({ defaultResources: { memory: "2Gi", cpu: "500m" }, idleTimeout: "90m" });
  });
});

describe("a file that is wrong", () => {
  const good = templateToYaml({ name: "x", content: { ...base, tags: ["a"], environment: { PUID: "1" } } });
  const lineOf = (yaml: string, part: string) => yaml.split("\n").findIndex((line) => line.includes(part)) + 1;

  it.each([
    ["port: 5900", "port: 0", "spec.display.port", /must be at least 1/],
    ["port: 5900", "port: none", "spec.display.port", /must be a number/],
    ["image: berth/test:1", "image: --privileged", "spec.image", /not an image reference/],
    ['PUID: "1"', "PUID: 1000", "spec.environment.PUID", /put 1000 in quotes/],
    ["- a", "- 7", "metadata.tags.0", /put 7 in quotes/],
    ["security: strict", "privileged: true", "spec.privileged", /no field of a template/],
    ["kind: Template", "kind: Session", "kind", /must be Template/],
  ])("says where: %s → %s", (from, to, path, message) => {
    const yaml = good.replace(from, to);
    expect(yaml).not.toBe(good);
    expect(problems(yaml)).toEqual([{ path, line: lineOf(yaml, to), column: expect.any(Number), message: expect.stringMatching(message) }]);
  });

  it("names what is missing at the part that it is missing from", () => {
    const yaml = good.replace(/ {2}image: .*\n/, "");
    expect(problems(yaml)).toEqual([{ path: "spec.image", line: lineOf(yaml, "spec:"), column: 1, message: "is missing" }]);
  });

  it("is refused with aliases, tags, doubled keys or a second document", () => {
    expect(problems(good.replace("- a", "- &t a\n    - *t"))).toEqual([
      expect.objectContaining({ message: expect.stringContaining("aliases") }),
    ]);
    expect(problems(good.replace("- a", "- !!binary aGk="))).not.toEqual([]);
    expect(problems(`${good}kind: Template\n`)).toEqual([expect.objectContaining({ line: good.split("\n").length })]);
    expect(problems(`${good}---\n${good}`)).not.toEqual([]);
    expect(problems(good.replace('PUID: "1"', '__proto__: "1"\n    constructor: 4'))).not.toEqual([]);
  });
});
