import { expect, type Page } from "@playwright/test";
import { test } from "./stack/journey";
import { signIn, stackUrl } from "./stack/people";

/** Opens a page whose scripts stay on their way until the answer is called. `posted` counts the forms that the browser sent by itself. */
async function openWithoutScripts(page: Page, address: string): Promise<{ letThem: () => void; posted: () => number }> {
  let letThem = () => {};
  const allowed = new Promise<void>((resolve) => {
    letThem = resolve;
  });
  let posts = 0;
  page.on("request", (request) => {
    if (request.isNavigationRequest() && request.method() === "POST") posts += 1;
  });
  await page.route("**/_next/static/**/*.js*", async (route) => {
    await allowed;
    await route.continue();
  });
  await page.goto(`${stackUrl()}${address}`, { waitUntil: "commit" });
  return { letThem, posted: () => posts };
}

test.beforeEach(({ page }) => signIn(page));

test("the command for a host is made of what was typed before the scripts came, and not before they did", async ({ page }) => {
  const scripts = await openWithoutScripts(page, "/agents/add");
  const make = page.getByRole("button", { name: "Make the command" });
  await page.getByLabel("Name").fill("typed-early");
  await page.getByLabel("Name").press("Enter");
  await make.click({ force: true });
  await expect(make).toBeDisabled();
  scripts.letThem();
  await make.click();
  await expect(page.getByRole("region", { name: "2. Watch it arrive" })).toBeVisible();
  await expect(page.getByText(/--name typed-early/)).toBeVisible();
  expect(scripts.posted()).toBe(0);
});

test("a display name that was typed before the scripts came is there to be saved when they have", async ({ page }) => {
  const scripts = await openWithoutScripts(page, "/settings/profile");
  const name = page.getByLabel("What others see beside your username");
  const save = page.getByRole("button", { name: "Save name" });
  await name.fill("Early Bird");
  await name.press("Enter");
  await save.click({ force: true });
  await expect(save).toBeDisabled();
  scripts.letThem();
  await save.click();
  await expect(save).toBeDisabled();
  await page.reload();
  await expect(name).toHaveValue("Early Bird");
  expect(scripts.posted()).toBe(0);
  // Others look at the administrator as they were.
  await name.fill("");
  await save.click();
  await expect(save).toBeDisabled();
});

test("an editor keeps what was typed and chosen before the scripts came", async ({ page }) => {
  const scripts = await openWithoutScripts(page, "/templates/new");
  await page.getByLabel("Title").fill("Typed early");
  const create = page.getByRole("button", { name: "Create template" });
  await page.getByLabel("Title").press("Enter");
  await create.click({ force: true });
  scripts.letThem();
  await expect(create).toBeEnabled();
  await expect(page.getByRole("region", { name: "Preview" })).toContainText("Typed early");
  expect(scripts.posted()).toBe(0);
});

test("the last button that was pressed before the scripts came is pressed when they have, once", async ({ page }) => {
  const scripts = await openWithoutScripts(page, "/settings/tokens");
  await page.getByRole("button", { name: "Search" }).first().click();
  await page.getByRole("button", { name: "New token" }).first().click();
  scripts.letThem();
  await expect(page.getByRole("dialog")).toHaveCount(1);
  await expect(page.getByRole("dialog", { name: /token/i })).toBeVisible();
});

test("a menu that was opened before the scripts came is open when they have", async ({ page }) => {
  const scripts = await openWithoutScripts(page, "/settings/tokens");
  await page.getByRole("button", { name: /admin/ }).first().click();
  scripts.letThem();
  await expect(page.getByRole("menu")).toBeVisible();
});

test("a page whose script is broken off, as a change of the host's network does, loads again by itself and answers", async ({ page }) => {
  let brokenOff = 0;
  await page.route("**/_next/static/**/*.js*", async (route) => {
    if (brokenOff > 0) return route.continue();
    brokenOff += 1;
    await route.abort("internetdisconnected");
  });
  await page.goto(`${stackUrl()}/settings/profile`);
  await page.getByLabel("What others see beside your username").fill("Loaded again");
  await expect(page.getByRole("button", { name: "Save" })).toBeEnabled();
  expect(brokenOff).toBe(1);
});

test("a menu whose script can't be had says so and leaves the page as it is, and opens when the script can be had again", async ({
  page,
}) => {
  await page.goto(`${stackUrl()}/settings/profile`);
  await page.waitForLoadState("networkidle");
  await page.route("**/_next/static/**/*.js*", (route) => route.abort("internetdisconnected"));
  const account = page.getByRole("button", { name: /^Account: / }).first();
  await account.click();
  await expect(page.getByRole("region", { name: "Notifications" })).toContainText("That did not open");
  await expect(page.getByLabel("What others see beside your username")).toBeVisible();
  await page.unroute("**/_next/static/**/*.js*");
  await expect(async () => {
    if ((await page.getByRole("menu").count()) === 0) await account.click();
    await expect(page.getByRole("menu")).toBeVisible({ timeout: 1000 });
  }).toPass();
});
