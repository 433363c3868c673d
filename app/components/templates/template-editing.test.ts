import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createTemplateInput } from "../../../server/modules/templates/templates-schema";
import { type Content, templateDiff } from "./template-diff";
import { checkTemplateDraft, draftOf, emptyDraft } from "./template-draft";

const { name: _, ...content }: Content & { name: string } = createTemplateInput.parse({
  name: "x",
  displayName: "Firefox",
  category: "Browsers",
  image: "berth/test:1",
  tags: ["a", "b"],
  display: { protocol: "rfb", port: 5900, resolution: "1920x1080" },
  defaultResources: { memory: "512Mi", cpu: "500m" },
  environment: { LANG: "en", TZ: "UTC" },
});

describe("what differs between two versions", () => {
  it("is nothing between equal ones, also where a quantity is written another way", () => {
    expect(templateDiff(content, { ...content, defaultResources: { memory: "0.5Gi", cpu: "0.5" } })).toEqual([]);
  });

  it("is said field by field in words, tags and variables one by one", () => {
    const after: Content = {
      ...content,
      description: "Now with words",
      tags: ["b", "c"],
      display: { protocol: "rfb", port: 5901, path: "/", unix_socket: false },
      defaultResources: { memory: "2Gi", cpu: "500m", storage: "10Gi" },
      environment: { LANG: "de", HOME: "/x" },
      idleTimeout: "0",
      placement: { labels: { gpu: "yes" }, capabilities: ["render"], strategy: "pack" },
    };
    expect(templateDiff(content, after).map(({ field, kind, before, after }) => [field, kind, before, after])).toEqual([
      ["Description", "added", null, "Now with words"],
      ["Port", "changed", "5900", "5901"],
      ["Resolution", "removed", "1920x1080", null],
      ["Memory", "changed", "512 MiB", "2 GiB"],
      ["Storage", "added", null, "10 GiB"],
      ["Hibernates when idle", "changed", "30 min", "never"],
      ["Placement", "added", null, "pack"],
      ["Tag a", "removed", "a", null],
      ["Tag c", "added", null, "c"],
      ["Agent label gpu", "added", null, "yes"],
      ["Agent capability render", "added", null, "needed"],
      ["Variable HOME", "added", null, "/x"],
      ["Variable LANG", "changed", "en", "de"],
      ["Variable TZ", "removed", "UTC", null],
    ]);
  });

  it("is the same seen from the other side", () => {
    const some = fc.record({
      displayName: fc.string(),
      environment: fc.dictionary(fc.stringMatching(/^[A-C]$/), fc.string()),
      tags: fc.uniqueArray(fc.constantFrom("a", "b", "c")),
    });
    fc.assert(
      fc.property(some, some, (one, other) => {
        const there = templateDiff({ ...content, ...one }, { ...content, ...other });
        const back = templateDiff({ ...content, ...other }, { ...content, ...one });
        expect(back.map(({ field, before, after }) => ({ field, before: after, after: before }))).toEqual(
          there.map(({ field, before, after }) => ({ field, before, after })),
        );
      }),
    );
  });
});

describe("the editor's form", () => {
  it("says of a template what the template is", () => {
    expect(checkTemplateDraft(draftOf("x", content))).toEqual({ content, problems: null });
  });

  it("names every field that is wrong, variables by their row", () => {
    const { problems } = checkTemplateDraft({
      ...emptyDraft,
      name: "Not Good",
      image: "--privileged",
      port: "many",
      memory: "lots",
      pidsLimit: "3",
      environment: [
        { key: 7, name: "1ST", value: "x" },
        { key: 8, name: "A", value: "1" },
        { key: 9, name: "A", value: "2" },
        { key: 10, name: "", value: "" },
      ],
    });
    expect(Object.keys(problems ?? {}).sort()).toEqual(
      ["defaultResources.memory", "display.port", "displayName", "environment.7", "environment.9", "image", "name", "pidsLimit"].sort(),
    );
    expect(problems).toMatchObject({
      "display.port": "must be a whole number",
      displayName: "is needed",
      pidsLimit: "must be at least 16",
    });
  });

  it("says of its files what the template says, and leaves out what is left empty", () => {
    const accessParameters: typeof content.accessParameters = {
      writablePaths: ["/srv/a", "/srv/b"],
      readOnlyPaths: ["/usr/share/doc"],
      configDir: "/etc/app",
      instructionsDir: "/srv/how-to",
      supportsHotReload: true,
      reloadSignal: "USR1",
      reloadProcess: "nginx",
    };
    const draft = draftOf("x", { ...content, accessParameters });
    expect(checkTemplateDraft(draft).content?.accessParameters).toEqual(accessParameters);
    const off = { ...draft, folders: { ...draft.folders, writablePaths: " \n", readOnlyPaths: "", supportsHotReload: false } };
    expect(checkTemplateDraft(off).content?.accessParameters).toEqual({ configDir: "/etc/app", instructionsDir: "/srv/how-to" });
  });

  it("names the folder that is wrong, and the one that is missing", () => {
    const folders = { ...emptyDraft.folders, writablePaths: "/srv\nsrv/", supportsHotReload: true };
    expect(checkTemplateDraft({ ...draftOf("x", content), folders }).problems).toMatchObject({
      "accessParameters.writablePaths": "must be an absolute path without a slash at its end",
    });
    expect(checkTemplateDraft({ ...draftOf("x", content), folders: { ...folders, writablePaths: "" } }).problems).toEqual({
      "accessParameters.configDir": "must be there where changes in it are followed by a signal",
    });
  });

  it("says of its health what the template says, a command as it was written", () => {
    const health: typeof content.health = {
      ...content.health,
      probes: [
        { type: "process" },
        { type: "display" },
        { type: "http", port: 8080, path: "/health" },
        { type: "exec", argv: ["sh", "-c", "test -e /tmp/a\ntest -e /tmp/b"] },
      ],
      onUnhealthy: "restart",
      maxRestarts: 5,
      startPeriodSeconds: 90,
    };
    expect(checkTemplateDraft(draftOf("x", { ...content, health })).content?.health).toEqual(health);
    expect(templateDiff(content, { ...content, health }).map(({ field, after }) => [field, after])).toEqual([
      ["Probes", "process, display, http :8080/health, exec sh -c test -e /tmp/a\ntest -e /tmp/b"],
      ["Asked", "every 30 s, 5 s for an answer, 3 failures, 90 s to start"],
      ["When unhealthy", "restart, 5 an hour, after 10 s at first"],
    ]);
  });

  it("names the probe that is wrong by its row, whichever were taken out before it", () => {
    const { health, ...draft } = draftOf("x", content);
    const probe = { key: 0, type: "process", port: "", path: "/", command: "" } as const;
    const probes = [probe, { ...probe, key: 4, type: "http" }, { ...probe, key: 6, type: "exec" }] as const;
    expect(checkTemplateDraft({ ...draft, health: { ...health, probes, intervalSeconds: "often", maxRestarts: "0" } }).problems).toEqual({
      "health.probes.4.port": "must be a whole number",
      "health.probes.6.argv": "is needed",
      "health.intervalSeconds": "must be a whole number",
      "health.maxRestarts": "must be at least 1",
    });
    const many = Array.from({ length: 5 }, (_one, key) => ({ ...probe, key }));
    expect(checkTemplateDraft({ ...draft, health: { ...health, probes: many } }).problems).toEqual({
      "health.probes": "must be at most 4 of them",
    });
  });
});
