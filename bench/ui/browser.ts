/** A real Chromium with a person signed in; each tab begins with nothing in its cache. */
import { existsSync } from "node:fs";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright";
import type { BerthStack } from "../start/berth-stack";
import { observePage } from "./observe-page";

/** The last keep the browser from calling home. */
const chromiumArguments = [
  "--no-sandbox",
  "--disable-quic",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

export class SignedIn {
  private constructor(
    private readonly browser: Browser,
    private readonly cookies: Awaited<ReturnType<BrowserContext["cookies"]>>,
    private readonly url: string,
  ) {}

  static async open(stack: BerthStack): Promise<SignedIn> {
    const found = [process.env.CHROMIUM_PATH, "/usr/bin/chromium", "/usr/bin/google-chrome"].find((path) => path && existsSync(path));
    const browser = await chromium.launch({ executablePath: found, args: chromiumArguments });
    const page = await browser.newPage();
    await page.goto(`${stack.url}/sign-in`);
    await page.getByLabel("Username").fill(stack.login.username);
    await page.getByLabel("Password", { exact: true }).fill(stack.login.password);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.getByRole("navigation").first().waitFor();
    const cookies = await page.context().cookies();
    await page.context().close();
    return new SignedIn(browser, cookies, stack.url);
  }

  /** Opens `path` in a context of its own and resolves when it is painted, or when nothing of it is loading any more. */
  async tab(path: string, settled = true): Promise<Page> {
    const context = await this.browser.newContext({ viewport: { width: 1280, height: 800 } });
    await context.addCookies(this.cookies);
    const page = await context.newPage();
    await page.addInitScript(observePage);
    await page.goto(`${this.url}${path}`, { waitUntil: "load" });
    await page.locator("main h1").first().waitFor();
    if (settled) await page.waitForLoadState("networkidle");
    return page;
  }

  async leave(): Promise<void> {
    await this.browser.close();
  }
}
