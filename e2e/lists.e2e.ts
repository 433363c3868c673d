import { expect } from "@playwright/test";
import { z } from "zod";
import { api } from "./stack/api";
import { hasVolume, volumesOf } from "./stack/engine";
import { test } from "./stack/journey";
import { sessionOnPage, signIn, stackUrl } from "./stack/people";

const homesAnswer = z.object({ homes: z.array(z.object({ name: z.string(), session_id: z.string().optional() })) });

test("many sessions are chosen and hibernated together, by keys and by Shift; a desktop shows itself small, to its owner alone", async ({
  page,
  browser,
}) => {
  const berth = api(stackUrl());
  const names = ["many-a", "many-b", "many-c"];
  const made = await Promise.all(
    names.map((name, at) => berth.createSession({ template: at === 0 ? "terminal-desktop" : "scratchpad", name, tags: ["many"] })),
  );
  for (const { id } of made) await berth.untilPhase(id, "Running");
  await signIn(page);
  await page.goto(`${stackUrl()}/sessions?tags=many&sort=name`);
  const table = page.getByRole("table", { name: "Sessions" });

  await test.step("the picture of the desktop", async () => {
    const [desktop] = made;
    const picture = page.locator(`img[data-thumbnail="${desktop?.id}"]`);
    await expect(picture).toBeVisible();
    await expect.poll(() => picture.evaluate((image) => (image instanceof HTMLImageElement ? image.naturalWidth : 0))).toBe(320);
    const password = "their-own-password";
    await berth.call("POST", "/users", { username: "onlooker", password, role: "operator" });
    const other = await (await browser.newContext()).newPage();
    await signIn(other, "onlooker", password);
    await other.goto(`${stackUrl()}/sessions?tags=many`);
    await expect(other.getByRole("link", { name: "many-a" })).toBeVisible();
    await expect(other.locator("img[data-thumbnail]")).toHaveCount(0);
    expect((await other.request.get(`${stackUrl()}/session-thumbnails/${desktop?.id}`)).status()).toBe(403);
    await other.context().close();
  });

  await test.step("columns that this browser keeps", async () => {
    await expect(table.getByRole("columnheader", { name: "Last input" })).toHaveCount(0);
    await page.getByRole("button", { name: "Columns" }).click();
    const columns = page.getByRole("dialog", { name: "Columns" });
    await columns.getByLabel("Last input").check();
    await columns.getByLabel("Owner").uncheck();
    await expect(table.getByRole("columnheader", { name: "Last input" })).toBeVisible();
    await page.reload();
    await expect(table.getByRole("columnheader", { name: "Last input" })).toBeVisible();
    await expect(table.getByRole("columnheader", { name: "Owner" })).toHaveCount(0);
    await page.waitForLoadState("networkidle");
    await page.getByRole("button", { name: "Columns" }).click();
    await columns.getByLabel("Last input").uncheck();
    await page.keyboard.press("Escape");
    // Back on a page that the browser still has in memory, from before that.
    await page.getByRole("link", { name: "Homes", exact: true }).first().click();
    await expect(page.getByRole("heading", { name: "Homes", level: 1 })).toBeVisible();
    await page.goBack();
    await expect(table.getByRole("columnheader", { name: "Agent" })).toBeVisible();
    await expect(table.getByRole("columnheader", { name: "Last input" })).toHaveCount(0);
    await page.getByRole("button", { name: "Columns" }).click();
    await columns.getByRole("button", { name: "As usual" }).click();
    await expect(table.getByRole("columnheader", { name: "Owner" })).toBeVisible();
  });

  await test.step("chosen and hibernated", async () => {
    // The browser tells of what it closed a moment later: the key comes before that.
    await page.evaluate(() => {
      document.querySelector<HTMLElement>(":popover-open")?.hidePopover();
      document.dispatchEvent(new KeyboardEvent("keydown", { key: "j" }));
    });
    await expect(page.getByRole("link", { name: "many-a" })).toBeFocused();
    await page.keyboard.press("x");
    await table.getByRole("checkbox", { name: "Select many-c" }).click({ modifiers: ["Shift"] });
    await expect(page.getByText("3 selected")).toBeVisible();
    await page.getByRole("button", { name: "Hibernate 3 sessions" }).click();
    await expect(page.getByRole("dialog")).toContainText("what was not saved is lost");
    await page.getByRole("dialog").getByRole("button", { name: "Hibernate 3 sessions" }).click();
    await expect(page.getByText("3 sessions hibernated")).toBeVisible({ timeout: 30_000 });
    await expect(table.getByRole("row").filter({ hasText: "Hibernated" })).toHaveCount(3);
    await expect(page.getByRole("toolbar")).toHaveCount(0);
  });

  await test.step("one of them fails: it stays chosen and says why", async () => {
    const [, second] = made;
    await page.route("**/api/trpc/sessions.terminate*", async (route) =>
      route
        .request()
        .postData()
        ?.includes(second?.id ?? "")
        ? route.abort()
        : route.continue(),
    );
    await table.getByRole("checkbox", { name: "Select all on this page" }).check();
    await page.getByRole("button", { name: "Terminate 3 sessions" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Terminate 3 sessions" }).click();
    await expect(page.getByText("2 sessions terminated, 1 not")).toBeVisible({ timeout: 30_000 });
    await expect(table.getByRole("row").filter({ hasText: "many-b" })).toContainText("The control plane did not answer");
    await expect(page.getByText("1 selected")).toBeVisible();
    await page.unroute("**/api/trpc/sessions.terminate*");
    await berth.call("DELETE", `/sessions/${second?.id}`);
  });
});

test("a template is kept at hand, and a home is used again by a new session, and deleted when nobody has it", async ({ page }) => {
  const berth = api(stackUrl());
  const first = await berth.createSession({ template: "scratchpad", name: "first-of-two" });
  await berth.untilPhase(first.id, "Running");
  await berth.call("DELETE", `/sessions/${first.id}`);
  await signIn(page);
  await page.goto(`${stackUrl()}/sessions/new`);
  await page.getByRole("button", { name: "Keep Scratchpad at hand" }).click();
  await page.getByText("Favourites").click();
  await expect(page).toHaveURL(/shelf=favourites/);
  await expect(page.getByRole("button", { name: "Launch Scratchpad" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Launch Terminal desktop" })).toHaveCount(0);

  await page.goto(`${stackUrl()}/homes?show=free`);
  expect(homesAnswer.parse(await berth.call("GET", "/homes?free=true&search=first-of-two")).homes).toHaveLength(1);
  await page.getByRole("link", { name: "Start with it: a session with home first-of-two" }).first().click();
  await expect(page.getByLabel("Which home")).not.toHaveValue("");
  await expect(page.getByRole("region", { name: "Where it goes" })).toContainText("holds the home");
  await page.getByRole("button", { name: "Launch Scratchpad" }).click();
  const id = await sessionOnPage(page);
  await berth.untilPhase(id, "Running");
  await page.goto(`${stackUrl()}/homes`);
  const home = page.getByRole("row").filter({ hasText: "first-of-two" });
  await expect(home).toContainText("used by");
  await expect(home.getByRole("button", { name: "Delete home first-of-two" })).toBeDisabled();
  const [volume = ""] = await volumesOf(id);
  expect(await hasVolume(volume)).toBe(true);
  await berth.call("DELETE", `/sessions/${id}`);

  await test.step("nobody uses it any more: it is deleted by its name, with its volume", async () => {
    await home.getByRole("button", { name: "Delete home first-of-two" }).click();
    const dialog = page.getByRole("dialog", { name: "Delete the home first-of-two?" });
    await expect(dialog.getByRole("button", { name: "Delete home" })).toBeDisabled();
    await dialog.getByRole("textbox").fill("first-of-two");
    await dialog.getByRole("button", { name: "Delete home" }).click();
    await expect(home).toHaveCount(0);
    await expect.poll(() => hasVolume(volume)).toBe(false);
  });
});
