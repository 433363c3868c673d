import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Browser, type BrowserContext, expect, type Page, test } from "@playwright/test";
import { Client } from "pg";
import { reachDatabase } from "../../server/platform/db/reach-database";
import { createLog } from "../../server/platform/log";
import { api } from "../stack/api";
import { addressOf, adminPassword, root, type Stack, startStack } from "../stack/stack";
import { composeSheets, type Shot } from "./compose-sheets";
import { fillDatabase, heartbeats, listedTables } from "./fill-database";

const folder = join(root, "test-results", "contact-sheet");
const shots: Shot[] = [];

const looks = [
  { name: "light", colorScheme: "light", viewport: { width: 1280, height: 800 } },
  { name: "dark", colorScheme: "dark", viewport: { width: 1280, height: 800 } },
  { name: "narrow", colorScheme: "dark", viewport: { width: 390, height: 844 } },
] as const;
type Look = (typeof looks)[number];

const lists = [
  "/",
  "/sessions",
  "/sessions?view=grid",
  "/sessions?owner=shared",
  "/sessions/new",
  "/sessions/new?shelf=favourites",
  "/templates",
  "/homes",
  "/agents",
  "/tasks",
  "/users",
  "/audit",
];
const others = [
  "/sessions/new?template=terminal-desktop",
  "/templates/terminal-desktop",
  "/templates/terminal-desktop?tab=versions",
  "/templates/terminal-desktop?tab=usage",
  "/templates/terminal-desktop/edit",
  "/templates/new",
  "/templates/import",
  "/agents/add",
  "/tasks/new",
  "/tasks/new?kind=docker.run",
  "/agents/local",
  "/settings",
  "/settings/profile",
  "/settings/security",
  "/settings/preferences",
  "/settings/tokens",
  "/settings/quotas",
  "/settings/registries",
  "/settings/webhooks",
  "/no-such-page",
  "/sessions/00000000-0000-4000-8000-000000000000",
];

let stack: Stack;
let database: Client;
let pulse: Client;
let beating: ReturnType<typeof setInterval> | undefined;
let cookies: Awaited<ReturnType<BrowserContext["cookies"]>> = [];

test.beforeAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  // The memory driver: what is looked at are pages, and no container engine is needed for them.
  stack = await startStack({ agentArguments: ["--driver", "memory"] });
  await api(stack.url).untilAgentIs("online");
  const { url } = await reachDatabase({ databaseUrl: null, dataDir: stack.dataDir }, createLog("silent"));
  database = new Client({ connectionString: url });
  pulse = new Client({ connectionString: url });
  await Promise.all([database.connect(), pulse.connect()]);
});
test.afterAll(async () => {
  clearInterval(beating);
  await database?.end();
  await pulse?.end();
  await stack?.stop();
});

async function tab(browser: Browser, { colorScheme, viewport }: Look): Promise<Page> {
  const context = await browser.newContext({ colorScheme, viewport, reducedMotion: "reduce" });
  await context.setExtraHTTPHeaders({ "x-forwarded-for": addressOf("admin") });
  await context.addCookies(cookies);
  return context.newPage();
}

async function signIn(browser: Browser): Promise<void> {
  const page = await tab(browser, looks[0]);
  await page.goto(`${stack.url}/sign-in`);
  await page.getByLabel("Username").fill("admin");
  await page.getByLabel("Password", { exact: true }).fill(adminPassword);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByRole("navigation").first()).toBeVisible();
  cookies = await page.context().cookies();
  await page.context().close();
}

async function shoot(page: Page, state: string, path: string, look: Look): Promise<void> {
  const file = `${state}-${path.slice(1).replaceAll(/[/?=]/g, "_") || "overview"}-${look.name}.png`;
  await page.screenshot({ path: join(folder, file) });
  shots.push({ state, look: look.name, path, file });
}

async function shootAll(
  browser: Browser,
  state: string,
  paths: readonly string[],
  settled: (page: Page) => Promise<void>,
  chosen: readonly Look[] = looks,
): Promise<void> {
  for (const look of chosen) {
    const page = await tab(browser, look);
    for (const path of paths) {
      await page.goto(`${stack.url}${path}`, { waitUntil: "commit" });
      await settled(page);
      await shoot(page, state, path, look);
      if (state === "200 rows") {
        const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        expect.soft(over, `${path} scrolls sideways when ${look.name}`).toBeLessThanOrEqual(0);
      }
    }
    await page.context().close();
  }
}

const bones = (page: Page) => page.getByRole("status", { name: "Loading" });

/** Until nothing says any more that it is loading. */
async function loaded(page: Page): Promise<void> {
  await expect(page.locator("main h1").first()).toBeVisible();
  // What loads only when it comes into sight is brought there.
  await expect(async () => {
    if ((await bones(page).count()) > 0) await bones(page).last().scrollIntoViewIfNeeded({ timeout: 1000 });
    expect(await bones(page).count()).toBe(0);
  }).toPass({ intervals: [50], timeout: 15_000 });
  await page.evaluate(() => window.scrollTo(0, 0));
}

test("every page in every designed state", async ({ browser }) => {
  for (const look of looks) {
    const page = await tab(browser, look);
    await page.goto(`${stack.url}/sign-in`);
    await shoot(page, "empty", "/sign-in", look);
    await page.context().close();
  }
  await signIn(browser);
  await shootAll(browser, "empty", [...lists, ...others], loaded);

  await fillDatabase(database);
  // In vain while the tables are away, and late while they are held.
  beating = setInterval(() => void pulse.query(heartbeats).catch(() => {}), 5_000);
  await shootAll(browser, "200 rows", lists, loaded);
  const { rows } = await database.query<{ id: string }>(
    `(SELECT id FROM "Session" WHERE observed = 'failed' LIMIT 1) UNION ALL (SELECT id FROM "Session" WHERE desired = 'hibernated' LIMIT 1)
     UNION ALL (SELECT id FROM "Session" WHERE desired = 'terminated' AND observed = 'removed' LIMIT 1)`,
  );
  await shootAll(
    browser,
    "session",
    rows.map(({ id }) => `/sessions/${id}`),
    loaded,
  );

  const tasks = await database.query<{ id: string }>(`SELECT id FROM "Task" WHERE kind LIKE 'docker.%' ORDER BY kind, state`);
  await shootAll(
    browser,
    "task",
    tasks.rows.map(({ id }) => `/tasks/${id}`),
    loaded,
  );

  await shootAll(browser, "fleet", ["/agents?view=list", "/agents?status=draining", "/agents/host-1", "/agents/host-11"], async (page) => {
    await loaded(page);
    if (!page.url().includes("/agents/host")) return;
    // The charts take the place of their bones as they come into sight.
    await page.getByRole("region", { name: "Usage" }).evaluate((region) => region.scrollIntoView());
    await expect(page.locator("figure svg").first()).toBeVisible();
  });

  // A real failure of the database, table by table: what a page says when its data can't be had.
  for (const table of listedTables) await database.query(`ALTER TABLE "${table}" RENAME TO "${table}Away"`);
  const failing = lists.filter((path) => path !== "/users");
  await shootAll(browser, "failed", failing, async (page) => {
    await loaded(page);
    await expect(page.getByRole("alert").first()).toBeVisible();
  });
  for (const table of listedTables) await database.query(`ALTER TABLE "${table}Away" RENAME TO "${table}"`);

  // Nothing is answered while another holds the tables: what a page shows meanwhile.
  for (const path of failing) {
    for (const look of looks) {
      await database.query("BEGIN");
      for (const table of listedTables) await database.query(`LOCK TABLE "${table}" IN ACCESS EXCLUSIVE MODE`);
      await shootAll(browser, "loading", [path], (page) => expect(bones(page).first()).toBeVisible(), [look]);
      await database.query("ROLLBACK");
    }
  }

  await composeSheets(browser, folder, shots);
});
