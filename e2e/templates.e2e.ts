import { readFileSync } from "node:fs";
import { expect } from "@playwright/test";
import { pngOf } from "../server/testing/small-png";
import { api } from "./stack/api";
import { test } from "./stack/journey";
import { desktop, sessionOnPage, signIn, stackUrl } from "./stack/people";

test("an admin clones a template, edits it, sees what changed, rolls back, exports and imports it", async ({ page }) => {
  await signIn(page);
  await page.goto(`${stackUrl()}/templates`);
  await page.getByRole("link", { name: "Terminal desktop", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Terminal desktop", level: 1 })).toBeVisible();

  await test.step("clone", async () => {
    await page.getByRole("button", { name: "More for Terminal desktop" }).click();
    await page.getByRole("menuitem", { name: "Clone" }).click();
    await page.getByLabel("Title").fill("Team desktop");
    await page.getByLabel("Name", { exact: true }).fill("Team Desktop");
    await expect(page.getByText("must be 1 to 63 lower-case letters, digits and dashes")).toBeVisible();
    await page.getByLabel("Name", { exact: true }).fill("terminal-desktop");
    await page.getByRole("button", { name: "Clone", exact: true }).click();
    await expect(page.getByText("This name is taken")).toBeVisible();
    await page.getByLabel("Name", { exact: true }).fill("team-desktop");
    await page.getByRole("button", { name: "Clone", exact: true }).click();
    await expect(page.getByRole("heading", { name: "Team desktop", level: 1 })).toBeVisible();
    await expect(page).toHaveURL(/\/templates\/team-desktop$/);
  });

  await test.step("edit, with what is wrong said as it is typed, and an icon of one's own", async () => {
    await page.getByRole("link", { name: "Edit" }).click();
    await expect(page.getByRole("button", { name: "Save as version 2" })).toBeDisabled();
    await page.getByLabel("Memory", { exact: true }).fill("plenty");
    await page.getByLabel("CPU", { exact: true }).focus();
    await expect(page.getByText("'plenty' is not a memory quantity")).toBeVisible();
    await page.getByLabel("Memory", { exact: true }).fill("2Gi");
    await page.getByLabel("Title").fill("Team desktop 2");
    await expect(page.getByRole("region", { name: "Preview" }).getByRole("heading", { name: "Team desktop 2" })).toBeVisible();
    await page.getByRole("button", { name: "Add a variable" }).click();
    await page.getByLabel("Name of variable 1").fill("TEAM");
    await page.getByLabel("Value of variable 1").fill("blue");
    await page.getByRole("button", { name: "Add a probe" }).click();
    await page.getByLabel("Probe 2", { exact: true }).selectOption("An HTTP path answers");
    await page.getByLabel("Port of probe 2").fill("80a");
    await page.getByLabel("Path of probe 2").fill("/health");
    await expect(page.getByText("must be a whole number")).toBeVisible();
    await page.getByLabel("Port of probe 2").fill("8080");
    await page.getByLabel("When unhealthy").selectOption("Restart it");
    await page.getByLabel("Restarts within an hour").fill("5");
    await page.getByLabel("Picture to upload").setInputFiles({ name: "p.png", mimeType: "image/png", buffer: pngOf({ side: 64 }) });
    await expect(page.getByRole("radio", { name: /^Uploaded/ })).toBeChecked();
    await expect(page.getByRole("region", { name: "Preview" }).locator("img")).toBeVisible();
    await page.getByLabel("Why", { exact: true }).fill("more room for the team");
    await page.getByRole("button", { name: "Save as version 2" }).click();
  });

  await test.step("what changed, field by field", async () => {
    await expect(page).toHaveURL(/team-desktop\?tab=versions/);
    await expect(page.getByRole("list", { name: "Versions" })).toContainText("more room for the team");
    const changes = page.getByRole("list", { name: "Changes from version 1 to version 2" });
    await expect(changes.getByRole("listitem")).toHaveCount(6);
    await expect(changes.getByRole("listitem").filter({ hasText: "Probes" })).toContainText(/display\s*display, http :8080\/health/);
    await expect(changes.getByRole("listitem").filter({ hasText: "When unhealthy" })).toContainText("restart, 5 an hour");
    await expect(changes.getByRole("listitem").filter({ hasText: "Memory" })).toContainText(/1 GiB\s*2 GiB/);
    await expect(changes.getByRole("listitem").filter({ hasText: "Variable TEAM" })).toContainText("blue");
    await expect(changes.getByRole("listitem").filter({ hasText: "Icon" })).toContainText("uploaded");
  });

  const exported = await test.step("export", async () => {
    await page.getByRole("button", { name: "More for Team desktop 2" }).click();
    await page.getByRole("menuitem", { name: "Export" }).click();
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Download" }).click();
    const file = await download;
    expect(file.suggestedFilename()).toBe("team-desktop.yaml");
    const yaml = readFileSync(await file.path(), "utf8");
    expect(yaml).toMatch(/^apiVersion: berth\/v1\nkind: Template\n/);
    expect(yaml).toContain("TEAM: blue");
    await page.keyboard.press("Escape");
    return yaml;
  });

  await test.step("roll back", async () => {
    await page
      .getByRole("list", { name: "Versions" })
      .getByRole("button", { name: /Version 1/ })
      .click();
    await page.getByRole("button", { name: "Roll back to version 1" }).click();
    await expect(page.getByRole("dialog")).toContainText("Nothing is lost");
    await page.getByRole("dialog").getByRole("button", { name: "Roll back" }).click();
    await expect(page.getByRole("heading", { name: "Team desktop", exact: true, level: 1 })).toBeVisible();
    await expect(page.getByRole("list", { name: "Versions" })).toContainText("Back to version 1");
  });

  await test.step("import: what is wrong by line, what it would change, and then does", async () => {
    await page.goto(`${stackUrl()}/templates/import`);
    await page.getByLabel("YAML", { exact: true }).fill(exported.replace("port: 5900", "port: none"));
    await expect(page.getByText("spec.display.port")).toBeVisible();
    await expect(page.getByText(/^line \d+$/)).toBeVisible();
    await page.getByLabel("File to import").setInputFiles({ name: "t.yaml", mimeType: "text/yaml", buffer: Buffer.from(exported) });
    await expect(page.getByRole("list", { name: "Changes of the file" }).getByRole("listitem")).toHaveCount(6);
    await page.getByRole("button", { name: "Save as version 4 of team-desktop" }).click();
    await expect(page.getByRole("heading", { name: "Team desktop 2", level: 1 })).toBeVisible();
    await expect(page.getByRole("list", { name: "Versions" })).toContainText("Imported from a file");
  });

  await test.step("keep one waiting, and have it at once", async () => {
    await page.goto(`${stackUrl()}/templates/team-desktop`);
    const pool = page.getByRole("region", { name: "Warm pool" });
    await expect(pool).toContainText("No sessions are kept waiting");
    const resize = async (size: string) => {
      await pool.getByRole("button", { name: "Change the warm pool" }).click();
      await page.getByLabel("Sessions that wait").fill(size);
      await page.getByRole("button", { name: "Save", exact: true }).click();
      await expect(page.getByRole("dialog")).toHaveCount(0);
    };
    await resize("1");
    await expect(pool).toContainText("1 of 1 warm", { timeout: 60_000 });
    const { state, id } = await api(stackUrl()).createSession({ template: "team-desktop" });
    expect(state).toBe("running");
    await resize("0");
    await page.goto(`${stackUrl()}/sessions/${id}`);
    await desktop(page);
    await page.goto(`${stackUrl()}/templates/team-desktop`);
    await expect(pool).toContainText("No sessions are kept waiting", { timeout: 60_000 });
    await api(stackUrl()).call("DELETE", `/sessions/${id}`);
    await api(stackUrl()).untilPhase(id, "Terminated");
  });

  await test.step("try it, and its use is seen", async () => {
    await page.getByRole("button", { name: "Try it" }).click();
    const id = await sessionOnPage(page);
    await api(stackUrl()).untilPhase(id, "Running");
    await page.goto(`${stackUrl()}/templates/team-desktop?tab=usage`);
    await expect(page.getByText("Live sessions by version")).toBeVisible();
    await expect(page.getByText("Version 4", { exact: true })).toBeVisible();
    await api(stackUrl()).call("DELETE", `/sessions/${id}`);
    await api(stackUrl()).untilPhase(id, "Terminated");
  });
});

test("two admins edit one template: the slower is told who was faster, sees what changed, and keeps their form", async ({ page }) => {
  const berth = api(stackUrl());
  await berth.call("POST", "/templates/scratchpad/clone", { new_name: "contested", display_name: "Contested" });
  await signIn(page);
  await page.goto(`${stackUrl()}/templates/contested/edit`);
  await page.getByLabel("Category").fill("Mine");
  await berth.call("PUT", "/templates/contested", {
    name: "contested",
    display_name: "Contested",
    category: "Theirs",
    image: "berth/scratchpad:1",
    display: { protocol: "http", port: 8080 },
    default_resources: { memory: "256Mi", cpu: "500m" },
  });
  const newer = page.getByRole("region", { name: "A newer version" });
  await expect(newer).toContainText(/admin (saved|wrote) version 2/);
  await expect(newer.getByRole("listitem").filter({ hasText: "Category" })).toContainText("Theirs");
  await expect(page.getByLabel("Category")).toHaveValue("Mine");
  await newer.getByRole("button", { name: /Keep my form/ }).click();
  await page.getByRole("button", { name: "Save as version 3" }).click();
  await expect(page.getByRole("list", { name: "Changes from version 2 to version 3" })).toContainText("Mine");
});

test("an uploaded icon is an image to signed-in people and nothing to others", async ({ page }) => {
  const berth = api(stackUrl());
  const made = await berth.call("POST", "/template-icons", { png: pngOf({ side: 32, colour: [200, 30, 30] }).toString("base64") });
  const icon = typeof made === "object" && made !== null && "icon" in made ? String(made.icon) : "";
  const nobody = await fetch(`${stackUrl()}/template-icons/${icon}`);
  expect(nobody.status).toBe(401);
  await signIn(page);
  const answer = await page.goto(`${stackUrl()}/template-icons/${icon}`);
  expect(answer?.headers()).toMatchObject({
    "content-type": "image/png",
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
  });
});

test("a user sees what a template is, launches it, and is shown nothing of its history", async ({ page }) => {
  await api(stackUrl()).call("POST", "/users", { username: "tam", password: "tam-password", role: "user" });
  await signIn(page, "tam", "tam-password");
  await page.goto(`${stackUrl()}/templates/terminal-desktop?tab=versions`);
  await expect(page.getByRole("button", { name: "Launch" })).toBeVisible();
  await expect(page.getByRole("navigation", { name: "Parts of this template" })).toHaveCount(0);
  await expect(page.getByRole("link", { name: "Edit" })).toHaveCount(0);
  for (const path of ["/templates/terminal-desktop/edit", "/templates/new", "/templates/import"]) {
    await page.goto(`${stackUrl()}${path}`);
    await expect(page.getByText("For administrators")).toBeVisible();
  }
  await page.goto(`${stackUrl()}/templates/no-such-template`);
  await expect(page.getByRole("heading", { level: 1 })).toContainText(/not|nothing|isn/i);
});

test("of many templates the list shows pages, and a search finds those of the others", async ({ page }) => {
  const berth = api(stackUrl());
  for (let at = 0; at < 110; at += 1) {
    const number = String(at).padStart(3, "0");
    await berth.call("POST", "/templates/scratchpad/clone", { new_name: `many-${number}`, display_name: `Many ${number}` });
  }
  await signIn(page);
  await page.goto(`${stackUrl()}/templates`);
  await expect(page.getByRole("link", { name: "Many 000", exact: true })).toBeVisible();
  await expect(page.getByRole("link", { name: "Many 109", exact: true })).toHaveCount(0);
  await page.getByLabel("Search templates").fill("many 109");
  await expect(page.getByRole("link", { name: "Many 109", exact: true })).toBeVisible();
  await expect(page.getByRole("table", { name: "Templates" }).getByRole("row")).toHaveCount(2);
  await page.getByLabel("Search templates").fill("");
  await page.getByRole("button", { name: "Next page" }).click();
  await expect(page.getByRole("link", { name: "Many 109", exact: true })).toBeVisible();
  await expect(page.getByRole("link", { name: "Many 000", exact: true })).toHaveCount(0);
  for (let at = 0; at < 110; at += 1) await berth.call("DELETE", `/templates/many-${String(at).padStart(3, "0")}`);
});
