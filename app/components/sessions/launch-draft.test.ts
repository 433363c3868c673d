import { describe, expect, it } from "vitest";
import { checkDraft, emptyDraft } from "./launch-draft";

const homeId = "0191d1a0-0000-7000-8000-000000000001";

describe("the launch form", () => {
  it("asks for the template's defaults when nothing was typed", () => {
    expect(checkDraft(emptyDraft, "firefox-browser").input).toEqual({
      template: "firefox-browser",
      state: "running",
      persistentHome: true,
      tags: [],
    });
  });

  it("passes on what was typed, without the spaces around it", () => {
    const draft = {
      ...emptyDraft,
      name: " my-desk ",
      memory: "2Gi",
      home: "existing" as const,
      homeId,
      agentId: "host-1",
      tags: "demo, , two words",
    };
    expect(checkDraft(draft, "t").input).toMatchObject({
      name: "my-desk",
      resources: { memory: "2Gi" },
      persistentHome: true,
      homeId,
      agentId: "host-1",
      tags: ["demo", "two words"],
    });
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

  it("wants a home chosen when an existing one is to be used", () => {
    expect(checkDraft({ ...emptyDraft, home: "existing" }, "t").problems).toEqual({ homeId: "Choose which home to use" });
  });

  it("forgets a chosen home when the session is to have none", () => {
    expect(checkDraft({ ...emptyDraft, home: "none", homeId }, "t").input).toMatchObject({ persistentHome: false, homeId: undefined });
  });
});
