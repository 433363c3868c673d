/** From the press of a button to the picture, in a real browser with a person signed in. */
import { existsSync } from "node:fs";
import { type Browser, chromium, type Page } from "playwright";
import { z } from "zod";
import type { BerthStack } from "./berth-stack";

const TIMEOUT_MS = 30_000;
const FIRST_FRAME_MARK = "berth:first-frame";
/** The last keep the browser from calling home. */
const chromiumArguments = [
  "--no-sandbox",
  "--disable-quic",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

export class Person {
  private constructor(
    private readonly browser: Browser,
    private readonly page: Page,
    private readonly stack: BerthStack,
  ) {}

  static async signIn(stack: BerthStack): Promise<Person> {
    const path = [process.env.CHROMIUM_PATH, "/usr/bin/chromium", "/usr/bin/google-chrome"].find(
      (candidate) => candidate && existsSync(candidate),
    );
    const browser = await chromium.launch({ executablePath: path, args: chromiumArguments });
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await page.goto(`${stack.url}/sign-in`);
    await page.getByLabel("Username").fill(stack.login.username);
    await page.getByLabel("Password", { exact: true }).fill(stack.login.password);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.getByRole("navigation").first().waitFor();
    return new Person(browser, page, stack);
  }

  /** Milliseconds, by the browser's own clock, from the press on "Launch" in the catalogue until the desktop's first frame is painted. */
  async launchToFirstFrame(templateTitle: string): Promise<{ id: string; firstFrameMs: number }> {
    const { page } = this;
    await page.goto(`${this.stack.url}/sessions/new`, { waitUntil: "networkidle" });
    await page.evaluate(() => {
      addEventListener("click", (event) => performance.mark("bench:click", { startTime: event.timeStamp }), { capture: true, once: true });
    });
    await page.getByRole("button", { name: `Launch ${templateTitle}`, exact: true }).click();
    await page.waitForURL(/\/sessions\/[0-9a-f-]{36}/);
    await page.locator("[data-first-frame]").waitFor({ timeout: TIMEOUT_MS });
    const marks = await page.evaluate(
      (names) => names.map((name) => performance.getEntriesByName(name).at(-1)?.startTime),
      ["bench:click", FIRST_FRAME_MARK],
    );
    const [click, frame] = z.tuple([z.number(), z.number()]).parse(marks);
    const id = z.uuid().parse(/\/sessions\/([0-9a-f-]{36})/.exec(page.url())?.[1]);
    return { id, firstFrameMs: frame - click };
  }

  async leave(): Promise<void> {
    await this.browser.close();
  }
}
