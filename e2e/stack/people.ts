import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, type Page } from "@playwright/test";
import { addressOf, adminPassword } from "./stack";

/** What global-setup wrote down of the stack of this worker: Playwright numbers those that run at a time, and one that replaces another keeps its number. */
function ofStack(what: "URL" | "DATA_DIR"): string {
  const value = process.env[`BERTH_E2E_${what}_${process.env.TEST_PARALLEL_INDEX}`];
  if (!value) throw new Error("There is no stack for this worker: run the journeys through e2e/playwright.config.ts");
  return value;
}

/** The address of the stack that global-setup started for this worker. */
export function stackUrl(): string {
  return ofStack("URL");
}

/** Signs in through the page, as a person would, and ends on the overview. */
export async function signInByForm(page: Page, username = "admin", password = adminPassword, url = stackUrl()): Promise<void> {
  await page.setExtraHTTPHeaders({ "x-forwarded-for": addressOf(username) });
  await page.goto(`${url}/sign-in`);
  await page.getByLabel("Username").fill(username);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByRole("navigation").first()).toBeVisible();
}

/** Signs in; by the form once a person and run, by the same cookie afterwards, since sign-ins are limited to five a minute. */
export async function signIn(page: Page, username = "admin", password = adminPassword): Promise<void> {
  const file = join(ofStack("DATA_DIR"), `e2e-cookies-${username}.json`);
  if (existsSync(file)) {
    await page.context().addCookies(JSON.parse(readFileSync(file, "utf8")));
    return;
  }
  await signInByForm(page, username, password);
  writeFileSync(file, JSON.stringify(await page.context().cookies()));
}

/** The id in the address of a session's page. */
export async function sessionOnPage(page: Page): Promise<string> {
  await page.waitForURL(/\/sessions\/[0-9a-f-]{36}/);
  const id = /\/sessions\/([0-9a-f-]{36})/.exec(page.url())?.[1];
  if (!id) throw new Error(`no session in ${page.url()}`);
  return id;
}

/** Waits until the desktop has painted, and gives its canvas. */
export async function desktop(page: Page) {
  const viewer = page.locator("[data-first-frame]");
  await expect(viewer).toBeVisible({ timeout: 60_000 });
  return viewer.locator("canvas");
}

/**
 * The scratchpad's page, once its scripts run. Chromium breaks off what it loads when the host's network changes (ERR_NETWORK_CHANGED), as
 * it does with each container that comes or goes; the pages of an app don't cure that themselves.
 */
export async function scratchpadReady(app: Page): Promise<void> {
  const waits = app.getByRole("status").filter({ hasText: "Connecting…" });
  await expect(async () => {
    if (await waits.isVisible()) await app.reload();
    await expect(waits).toBeHidden({ timeout: 3000 });
  }).toPass({ timeout: 30_000 });
}
