import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createSessionInput, explainPlacementInput } from "../../../server/modules/sessions/sessions-schema";
import { checkDraft, emptyDraft, type LaunchDraft, placementWish } from "./launch-draft";

const homeId = "0191d1a0-0000-4000-8000-000000000001";

describe("the launch form", () => {
  it("asks for the template's defaults when nothing was typed", () => {
    expect(createSessionInput.parse(checkDraft(emptyDraft, "firefox-browser").input)).toEqual({
      template: "firefox-browser",
      state: "running",
      persistentHome: true,
      tags: [],
      queue: false,
    });
  });

  it("passes on what was typed, without the spaces around it", () => {
    const draft = {
      ...emptyDraft,
      name: " my-desk ",
      memory: " 2Gi",
      where: "agent:host-1",
      tags: "demo, , two words",
      policy: { clipboardOut: false as const },
    };
    expect(checkDraft(draft, "t").input).toMatchObject({
      name: "my-desk",
      resources: { memory: "2Gi" },
      persistentHome: true,
      agentId: "host-1",
      tags: ["demo", "two words"],
      policy: { clipboardOut: false },
    });
  });

  it("asks for agents by labels and capabilities, and to wait for room", () => {
    const draft = {
      ...emptyDraft,
      agentLabels: "gpu=yes, path=a=b ,",
      agentCapabilities: "thumbnails, render",
      strategy: "pack" as const,
      queue: true,
    };
    const asked = { agentLabels: { gpu: "yes", path: "a=b" }, agentCapabilities: ["thumbnails", "render"], strategy: "pack" };
    expect(checkDraft(draft, "t").input).toMatchObject({ ...asked, queue: true });
    expect(placementWish(draft, "t")).toEqual({ template: "t", ...asked });
    const problem = (agentLabels: string) => checkDraft({ ...emptyDraft, agentLabels }, "t").problems?.agentLabels;
    expect([problem("gpu"), problem("=x"), problem("a=1, a=2")]).toEqual([
      "'gpu' is no label: write it as name=value",
      "'=x' is no label: write it as name=value",
      "a is there twice",
    ]);
  });

  it("names every field that is wrong, at once", () => {
    const draft = { ...emptyDraft, name: "Not OK", memory: "lots", cpu: "0", idleTimeout: "soon", tags: "fine,<b>" };
    expect(Object.keys(checkDraft(draft, "t").problems ?? {}).sort()).toEqual([
      "idleTimeout",
      "name",
      "resources.cpu",
      "resources.memory",
      "tags",
    ]);
  });

  it("wants a home chosen when an existing one is to be used, and leaves the place to it", () => {
    expect(checkDraft({ ...emptyDraft, home: "existing" }, "t").problems).toEqual({ homeId: "Choose which home to use" });
    const wish = placementWish({ ...emptyDraft, home: "existing", homeId, where: "region:eu" }, "t");
    expect(wish).toEqual({ template: "t", homeId });
  });

  it("forgets a chosen home when the session is to have none", () => {
    const { input } = checkDraft({ ...emptyDraft, home: "none", homeId }, "t");
    expect(input).toMatchObject({ persistentHome: false });
    expect(input).not.toHaveProperty("homeId");
  });

  it.each([
    ["agent:host-1", { agentId: "host-1" }],
    ["region:eu:west", { region: "eu:west" }],
    ["platform:docker", { platform: "docker" }],
    ["", {}],
  ])("goes to %j", (where, wish) => {
    expect(placementWish({ ...emptyDraft, where }, "t")).toEqual({ template: "t", ...wish });
  });

  it("lets nothing through that the control plane would refuse, and asks about no place that it would not understand", () => {
    const nearly = (good: readonly string[]) => fc.oneof(fc.constantFrom(...good), fc.string({ maxLength: 70 }));
    const drafts = fc.record({
      name: nearly(["", "a", "my-desk", "-x", "A", "a".repeat(64)]),
      memory: nearly(["", "2Gi", "1Ki", "9Ti", "1.5Gi"]),
      cpu: nearly(["", "2", "500m", "1m", "513"]),
      home: fc.constantFrom("new", "existing", "snapshot", "none"),
      homeId: fc.constantFrom("", homeId),
      snapshotId: fc.constantFrom("", homeId),
      agentLabels: nearly([
        "",
        "gpu=yes",
        "gpu",
        "a=1, a=2",
        "x y=1",
        `long=${"v".repeat(201)}`,
        Array.from({ length: 21 }, (_, at) => `l${at}=`).join(),
      ]),
      agentCapabilities: nearly(["", "render, thumbnails", "c".repeat(51), Array(21).fill("c").join()]),
      strategy: fc.constantFrom("" as const, "spread" as const, "pack" as const),
      queue: fc.boolean(),
      where: fc.constantFrom("", "agent:a", "region:eu", "platform:docker", "platform:mars", "region:"),
      idleTimeout: nearly(["", "0", "30m", "31d", "1h30m"]),
      tags: nearly(["", "a,b", "a,,b ,", "<", "é", "x".repeat(51), Array(21).fill("t").join()]),
      policy: fc.constantFrom({}, { sharing: false as const }),
    }) satisfies fc.Arbitrary<LaunchDraft>;
    fc.assert(
      fc.property(drafts, (draft) => {
        const { input } = checkDraft(draft, "t");
        if (input) expect(createSessionInput.safeParse(input).error).toBeUndefined();
        expect(explainPlacementInput.safeParse(placementWish(draft, "t")).error).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });
});
