/**
 * What people do on a page, done by the browser's real mouse and keyboard: whatever of it a page has. The browser's Event Timing then says
 * how long each took until the next frame was painted.
 */
import type { Locator, Page } from "playwright";
import { type Observed, observed } from "./observe-page";

export interface Interaction {
  readonly what: string;
  readonly ms: number;
}

/** Below this the browser reports nothing, and counts in steps of 8 ms above it. */
const LEAST_MS = 16;
const PAUSE_MS = 120;

type Deed = (page: Page) => Promise<boolean>;

const shown = async (target: Locator): Promise<Locator | null> =>
  (await target.count()) > 0 && (await target.first().isVisible()) ? target.first() : null;

async function click(target: Locator): Promise<boolean> {
  const found = await shown(target);
  if (!found || (await found.isDisabled())) return false;
  await found.click();
  return true;
}

const deeds: Readonly<Record<string, Deed>> = {
  "open palette": async (page) => {
    await page.keyboard.press("Control+k");
    await page.getByRole("dialog").waitFor();
    return true;
  },
  "type in palette": async (page) => {
    await page.keyboard.press("s");
    return true;
  },
  "move in palette": async (page) => {
    await page.keyboard.press("ArrowDown");
    return true;
  },
  "close palette": async (page) => {
    await page.keyboard.press("Escape");
    return true;
  },
  "open menu": (page) => click(page.locator("main [aria-haspopup=menu]")),
  "close menu": async (page) => {
    await page.keyboard.press("Escape");
    return true;
  },
  search: async (page) => {
    const field = await shown(page.locator("main input[type=search]"));
    if (!field) return false;
    await field.press("e");
    return true;
  },
  "clear search": async (page) => {
    const field = await shown(page.locator("main input[type=search]"));
    if (!field) return false;
    await field.press("Backspace");
    return true;
  },
  filter: (page) => click(page.locator("main label:has(input[type=radio]:not(:checked))")),
  sort: (page) => click(page.locator("main th button")),
  "next page": (page) => click(page.getByRole("button", { name: "Next page" })),
  tab: (page) => click(page.locator("main nav a:not([aria-current])").filter({ hasNot: page.locator("svg") })),
};

/** Every deed that the page allows, `rounds` times. Deeds that lead away from the page are none of these. */
export async function interact(page: Page, rounds: number): Promise<Interaction[]> {
  const all: Interaction[] = [];
  const address = page.url();
  for (let round = 0; round < rounds; round += 1) {
    for (const [what, deed] of Object.entries(deeds)) {
      if (new URL(page.url()).pathname !== new URL(address).pathname) await page.goto(address, { waitUntil: "networkidle" });
      const before = new Set((await observed(page)).interactions.map(({ id }) => id));
      if (!(await deed(page))) continue;
      // Two frames and a little more: entries come after the paint that they are about.
      await page.evaluate((ms) => new Promise((resume) => requestAnimationFrame(() => setTimeout(resume, ms))), PAUSE_MS);
      all.push({ what, ms: slowest(await observed(page), before) });
    }
  }
  return all;
}

const slowest = (now: Observed, before: ReadonlySet<number>): number =>
  Math.max(LEAST_MS, ...now.interactions.filter(({ id }) => !before.has(id)).map(({ ms }) => ms));
