import { readdirSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { expect, type Locator, type Page } from "@playwright/test";
import { z } from "zod";
import { makeKeyPair } from "../agent/identity/key-pair";
import { api } from "./stack/api";
import { findings, type Rules } from "./stack/axe";
import { test } from "./stack/journey";
import { desktop, signIn, stackUrl } from "./stack/people";
import { root } from "./stack/stack";

interface Things {
  readonly sessionId: string;
  readonly userId: string;
  readonly webhookId: string;
  readonly taskId: string;
}

/** Where each page of `app/` is looked at; a page without an entry fails the test below. */
const addresses: Readonly<Record<string, (things: Things) => string>> = {
  "/sign-in": () => "/sign-in",
  "/shared/[token]": () => "/shared/a-link-that-is-none",
  "/shared/app/[token]": () => `/shared/app/${"A".repeat(43)}`,
  "/ports/[token]": () => `/ports/${"A".repeat(43)}`,
  "/": () => "/",
  "/sessions": () => "/sessions",
  "/sessions/new": () => "/sessions/new",
  "/sessions/[id]": ({ sessionId }) => `/sessions/${sessionId}`,
  "/templates": () => "/templates",
  "/templates/[name]": () => "/templates/terminal-desktop?tab=versions",
  "/templates/[name]/edit": () => "/templates/terminal-desktop/edit",
  "/templates/new": () => "/templates/new",
  "/templates/import": () => "/templates/import",
  "/homes": () => "/homes",
  "/agents": () => "/agents",
  "/agents/[id]": () => "/agents/local",
  "/agents/add": () => "/agents/add",
  "/tasks": () => "/tasks",
  "/tasks/[id]": ({ taskId }) => `/tasks/${taskId}`,
  "/tasks/new": () => "/tasks/new",
  "/users": () => "/users",
  "/users/[id]": ({ userId }) => `/users/${userId}`,
  "/audit": () => "/audit",
  "/settings": () => "/settings",
  "/settings/profile": () => "/settings/profile",
  "/settings/security": () => "/settings/security",
  "/settings/preferences": () => "/settings/preferences",
  "/settings/tokens": () => "/settings/tokens",
  "/settings/quotas": () => "/settings/quotas",
  "/settings/registries": () => "/settings/registries",
  "/settings/webhooks": () => "/settings/webhooks",
  "/settings/webhooks/[id]": ({ webhookId }) => `/settings/webhooks/${webhookId}`,
  "/settings/api": () => "/settings/api",
  "/invitation": () => "/invitation",
};

interface State {
  readonly address: (things: Things) => string;
  readonly reach?: (page: Page) => Promise<void>;
}

/** Pages as they look after a press or by their filters. */
const states: Readonly<Record<string, State>> = {
  "sessions chosen": {
    address: () => "/sessions?tags=looked-at",
    reach: (page) => page.getByRole("checkbox", { name: "Select all on this page" }).check(),
  },
  "sessions to be terminated": {
    address: () => "/sessions?tags=looked-at",
    reach: async (page) => {
      await page.getByRole("checkbox", { name: "Select all on this page" }).check();
      await page.getByRole("button", { name: /^Terminate / }).click();
      await expect(page.getByRole("dialog")).toBeVisible();
    },
  },
  "sessions as a grid": { address: () => "/sessions?view=grid" },
  "nothing shared": { address: () => "/sessions?owner=shared" },
  "a filter being chosen": {
    address: () => "/sessions?template=terminal-desktop",
    reach: async (page) => {
      await page.getByRole("button", { name: "Filter", exact: true }).click();
      await page.getByRole("menuitem", { name: "Tag…" }).click();
      await expect(page.getByRole("dialog")).toBeVisible();
    },
  },
  "columns being chosen": {
    address: () => "/sessions?tags=looked-at",
    reach: async (page) => {
      await page.getByRole("button", { name: "Columns" }).click();
      for (const box of await page.getByRole("dialog", { name: "Columns" }).getByRole("checkbox").all()) await box.check();
    },
  },
  "the launch form": {
    address: () => "/sessions/new?template=terminal-desktop",
    reach: async (page) => {
      await page.getByText("What its screen allows").click();
      const where = page.getByRole("region", { name: "Where it goes" });
      await expect(where).toContainText("local");
      await page.getByText("Which agents may take it").click();
      await page.getByLabel("Labels", { exact: true }).fill("gpu=yes");
      await expect(where).toContainText("lacks the label gpu=yes");
      await page.getByRole("checkbox", { name: "Wait for room" }).check();
    },
  },
  "a container to be run": {
    address: () => "/tasks/new?kind=docker.run",
    reach: async (page) => {
      for (const one of ["variable", "port", "volume"]) await page.getByRole("button", { name: `Add a ${one}` }).click();
      await page.getByRole("textbox", { name: "Host’s port 1" }).fill("80");
      await page.getByRole("textbox", { name: "Container’s port 1" }).fill("80");
      await page.getByRole("button", { name: "Run container" }).click();
      await expect(page.getByText("Host’s port: must be at least 1024")).toBeVisible();
    },
  },
  "a warm pool to be changed": {
    address: () => "/templates/scratchpad",
    reach: async (page) => {
      await page.getByRole("button", { name: "Change the warm pool" }).click();
      await expect(page.getByRole("dialog")).toBeVisible();
    },
  },
  "an agent that waits for approval": {
    address: () => "/agents/in-the-waiting-room",
    reach: (page) => expect(page.getByRole("button", { name: "Approve this key" })).toBeVisible(),
  },
  "a link that was made": {
    address: ({ sessionId }) => `/sessions/${sessionId}`,
    reach: async (page) => {
      await desktop(page);
      await page.getByRole("button", { name: "Share this screen" }).click();
      await page.getByRole("button", { name: "Make a link" }).click();
      await expect(page.getByText("It is shown only now.")).toBeVisible();
      await expect(page.getByRole("button", { name: /^Take back: / })).not.toHaveCount(0);
    },
  },
};

/** Of a session's page, beside the timeline and the log. */
const tabs = ["Details", "Files", "Stats", "Environment", "Versions", "Ports", "Snapshots"];

/** What opens over a page, by the buttons that open it. */
const dialogs: Readonly<Record<string, readonly (string | RegExp)[]>> = {
  "/agents/[id]": ["Revoke…"],
  "/settings/tokens": ["New token"],
  "/audit": ["Filter"],
  "/settings/quotas": ["Change the limits of users"],
  "/settings/registries": ["Add registry"],
  "/settings/webhooks": ["New webhook"],
  "/tasks/[id]": ["Try again…"],
  "/sessions/[id]": ["Share this screen", "Clipboard", /^Connection: /],
};

async function enrolForApproval(name: string): Promise<void> {
  const { token } = z.object({ token: z.string() }).parse(await api(stackUrl()).call("POST", "/registration-tokens", { approval: true }));
  const { csr } = await makeKeyPair(name);
  const { status } = await fetch(`${stackUrl()}/api/v1/agents/register`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-agent-token": token },
    body: JSON.stringify({ name, version: "1", csr }),
  });
  expect(status).toBe(201);
}

/** The paths of all `page.tsx`, without the groups in parentheses. */
function pagesOfApp(): string[] {
  const files = readdirSync(join(root, "app"), { recursive: true, withFileTypes: true }).filter(({ name }) => name === "page.tsx");
  return files.map(({ parentPath }) => {
    const parts = relative(join(root, "app"), parentPath).split(sep);
    return `/${parts.filter((part) => part && !part.startsWith("(")).join("/")}`;
  });
}

const wide = { width: 1280, height: 800 };
const narrow = { width: 390, height: 844 };

interface Look {
  readonly named: string;
  readonly size: { readonly width: number; readonly height: number };
  readonly colorScheme: "light" | "dark";
  readonly by: Rules;
}
type Looks = readonly [Look, ...Look[]];
const light: Look = { named: "light", size: wide, colorScheme: "light", by: "all" };
const dark: Look = { named: "dark", size: wide, colorScheme: "dark", by: "all" };
/** Another theme differs in its colours alone. */
const darkAsWell: Look = { ...dark, by: "contrast" };
const lightAsWell: Look = { ...light, by: "contrast" };
/** A narrow page differs in its layout: it has the wide one's colours. */
const narrowAsWell: Look = { named: "narrow", size: narrow, colorScheme: "dark", by: "all but contrast" };
const phone: Look = { named: "on a phone", size: narrow, colorScheme: "dark", by: "all" };
const phoneInLight: Look = { ...phone, named: "on a phone, light", colorScheme: "light", by: "contrast" };
/** What has something for fingers alone, the bar at the bottom or the keys of a desktop: it is narrow on a phone only. */
const ofPhones = ["/", "/sessions/[id]", "a link that was made"];

async function take(page: Page, { size, colorScheme }: Look): Promise<void> {
  await page.setViewportSize(size);
  await page.emulateMedia({ colorScheme });
}

/** Until nothing says any more that it is loading. What loads only when it comes into sight is brought there. */
async function settled(page: Page): Promise<void> {
  await expect(page.locator("main h1").first()).toBeVisible();
  const loading = page.getByRole("status", { name: "Loading" });
  await expect(async () => {
    if ((await loading.count()) > 0) await loading.last().scrollIntoViewIfNeeded({ timeout: 1000 });
    expect(await loading.count()).toBe(0);
  }).toPass({ intervals: [50], timeout: 15_000 });
}

/** What axe finds, by what was looked at and how. */
type Findings = Record<string, string[]>;

/** One page in different lights and widths, without loading it again; what `opened` finds is to be there in each. */
async function lookAt(page: Page, what: string, looks: Looks, opened?: Locator): Promise<Findings> {
  const found: Findings = {};
  for (const look of looks) {
    await take(page, look);
    await settled(page);
    await opened?.waitFor();
    const problems = await findings(page, look.by);
    if (problems.length > 0) found[`${what}, ${look.named}`] = problems;
  }
  return found;
}

// What is found is named by page; a recording of each look costs as much as axe.
test.use({ trace: "off" });

test.describe("accessibility", () => {
  let things: Things;

  test.beforeAll(async () => {
    const berth = api(stackUrl());
    const userId = z.object({ id: z.string() }).parse(await berth.call("GET", "/auth/me")).id;
    const sessionId = (await berth.createSession({ template: "terminal-desktop", tags: ["looked-at"] })).id;
    const asleep = await berth.createSession({ template: "scratchpad" });
    const webhook = { name: "chat", url: "http://127.0.0.1:9/hook", events: ["session.failed", "agent.offline"], allow_private: true };
    const webhookId = z.object({ id: z.string() }).parse(await berth.call("POST", "/webhooks", webhook)).id;
    await berth.call("POST", `/webhooks/${webhookId}/test`, {});
    await enrolForApproval("in-the-waiting-room");
    await berth.untilPhase(sessionId, "Running");
    await berth.untilPhase(asleep.id, "Running");
    await berth.call("PATCH", `/sessions/${asleep.id}`, { state: "hibernated" });
    const pull = { taskType: "docker.pull", payload: { image: "localhost:9/not-there" } };
    const { taskId } = z.object({ taskId: z.string() }).parse(await berth.call("POST", "/agents/local/tasks", pull));
    await expect.poll(() => berth.call("GET", `/tasks/${taskId}`), { timeout: 30_000 }).toMatchObject({ state: "failed" });
    things = { sessionId, userId, webhookId, taskId };
  });
  test.afterAll(async () => {
    await api(stackUrl()).call("DELETE", `/sessions/${things.sessionId}`);
    await api(stackUrl()).call("DELETE", `/webhooks/${things.webhookId}`);
    await api(stackUrl()).call("DELETE", "/agents/in-the-waiting-room");
  });

  test("every page has an address here", () => {
    expect(Object.keys(addresses).sort()).toEqual([...new Set(pagesOfApp())].sort());
  });

  test("no form of any page can be sent before the page's scripts answer", async ({ browser }) => {
    const signedIn = await browser.newPage();
    await signIn(signedIn);
    await signedIn.close();
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    let forms = 0;
    const open: string[] = [];
    const withForms: typeof addresses = {
      ...addresses,
      "the launch form": () => "/sessions/new?template=terminal-desktop",
      "a new task": () => "/tasks/new?kind=docker.run",
    };
    for (const [name, address] of Object.entries(withForms)) {
      await page.goto(`${stackUrl()}${address(things)}`);
      for (const form of await page.locator("form").all()) {
        forms += 1;
        // Enter in a field presses the first of them.
        const buttons = form.locator("button:not([type=button]), input[type=submit]");
        if ((await buttons.count()) === 0 || (await buttons.and(page.locator(":enabled")).count()) > 0) open.push(name);
      }
      if (name === "/sign-in") await signIn(page);
    }
    await context.close();
    expect(open).toEqual([]);
    expect(forms).toBeGreaterThanOrEqual(7);
  });

  const bring = async (page: Page, address: (things: Things) => string) => {
    await page.goto(`${stackUrl()}${address(things)}`);
    await settled(page);
  };

  /** Looks at a page and at each thing that opens over it, at each width. */
  async function visit(page: Page, name: string, widths: readonly [Looks, ...Looks[]]): Promise<Findings> {
    const address = addresses[name];
    if (!address) throw new Error(`no address of ${name}`);
    await take(page, widths[0][0]);
    await bring(page, address);
    if (name === "/sessions/[id]") await desktop(page);
    const found: Findings = {};
    for (const looks of widths) {
      Object.assign(found, await lookAt(page, name, looks));
      for (const button of dialogs[name] ?? []) {
        await take(page, looks[0]);
        await page.getByRole("button", { name: button }).click();
        const dialog = page.getByRole("dialog");
        Object.assign(found, await lookAt(page, `${name}, ${button}`, looks, dialog));
        await page.keyboard.press("Escape");
        await expect(dialog).toBeHidden();
      }
      if (name !== "/sessions/[id]") continue;
      await take(page, looks[0]);
      await page.getByRole("button", { name: "Timeline and details" }).click();
      await page.getByRole("tab", { name: "Log" }).click();
      const log = page.getByRole("status").filter({ hasText: "New lines appear" });
      Object.assign(found, await lookAt(page, `${name}, its log`, looks, log));
      // Once, where they are narrowest.
      for (const tab of looks.includes(phone) ? tabs : []) {
        await page.getByRole("tab", { name: tab }).click();
        Object.assign(found, await lookAt(page, `${name}, its ${tab.toLowerCase()}`, looks, page.getByRole("tabpanel", { name: tab })));
      }
    }
    return found;
  }

  async function reach(page: Page, name: string, looks: Looks): Promise<Findings> {
    const state = states[name];
    if (!state) throw new Error(`no state ${name}`);
    await take(page, looks[0]);
    await bring(page, state.address);
    await state.reach?.(page);
    return lookAt(page, name, looks);
  }

  test("axe finds nothing on any page or state of one, wide in both themes and narrow", async ({ browser }) => {
    test.setTimeout(600_000);
    const found: Findings = {};
    const signedOut = await browser.newPage({ reducedMotion: "reduce" });
    Object.assign(found, await visit(signedOut, "/sign-in", [[light, darkAsWell], [narrowAsWell]]));
    await signedOut.close();
    const waiting = [...Object.keys(addresses).filter((name) => name !== "/sign-in"), ...Object.keys(states)];
    // Two at a time: axe keeps one core busy, and a page that is brought another.
    const walk = async () => {
      const page = await browser.newPage({ reducedMotion: "reduce" });
      await signIn(page);
      for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
        const wideOnly = ofPhones.includes(name);
        Object.assign(
          found,
          name in states
            ? await reach(page, name, wideOnly ? [dark, lightAsWell] : [dark, lightAsWell, narrowAsWell])
            : await visit(page, name, wideOnly ? [[light, darkAsWell]] : [[light, darkAsWell], [narrowAsWell]]),
        );
      }
      await page.close();
    };
    await Promise.all([walk(), walk()]);
    expect(found).toEqual({});
  });

  test("axe finds nothing on a phone in what has something for fingers alone", async ({ browser }) => {
    const page = await browser.newPage({ viewport: narrow, hasTouch: true, isMobile: true, reducedMotion: "reduce" });
    await signIn(page);
    const found: Findings = {};
    for (const name of ofPhones)
      Object.assign(
        found,
        name in states ? await reach(page, name, [phone, phoneInLight]) : await visit(page, name, [[phone, phoneInLight]]),
      );
    await page.close();
    expect(found).toEqual({});
  });
});
