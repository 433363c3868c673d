import { readdirSync } from "node:fs";
import { join, relative, sep } from "node:path";
import AxeBuilder from "@axe-core/playwright";
import { expect, type Page, test } from "@playwright/test";
import { z } from "zod";
import { makeKeyPair } from "../agent/identity/key-pair";
import { api } from "./stack/api";
import { desktop, signIn, stackUrl } from "./stack/people";
import { root } from "./stack/stack";

/** Where each page of `app/` is looked at; a page without an entry fails the test below. */
const addresses: Readonly<Record<string, (things: { sessionId: string; userId: string; webhookId: string }) => string>> = {
  "/sign-in": () => "/sign-in",
  "/shared/[token]": () => "/shared/a-link-that-is-none",
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
  "/users": () => "/users",
  "/users/[id]": ({ userId }) => `/users/${userId}`,
  "/audit": () => "/audit",
  "/settings": () => "/settings",
  "/settings/profile": () => "/settings/profile",
  "/settings/security": () => "/settings/security",
  "/settings/preferences": () => "/settings/preferences",
  "/settings/tokens": () => "/settings/tokens",
  "/settings/quotas": () => "/settings/quotas",
  "/settings/webhooks": () => "/settings/webhooks",
  "/settings/webhooks/[id]": ({ webhookId }) => `/settings/webhooks/${webhookId}`,
  "/settings/api": () => "/settings/api",
  "/invitation": () => "/invitation",
};

interface State {
  readonly address: string | ((things: { sessionId: string }) => string);
  readonly reach?: (page: Page) => Promise<void>;
}

/** Pages as they look after a press or by their filters. */
const states: Readonly<Record<string, State>> = {
  "sessions chosen": {
    address: "/sessions?tags=looked-at",
    reach: (page) => page.getByRole("checkbox", { name: "Select all on this page" }).check(),
  },
  "sessions to be terminated": {
    address: "/sessions?tags=looked-at",
    reach: async (page) => {
      await page.getByRole("checkbox", { name: "Select all on this page" }).check();
      await page.getByRole("button", { name: /^Terminate / }).click();
      await expect(page.getByRole("dialog")).toBeVisible();
    },
  },
  "sessions as a grid": { address: "/sessions?view=grid" },
  "nothing shared": { address: "/sessions?owner=shared" },
  "a filter being chosen": {
    address: "/sessions?template=terminal-desktop",
    reach: async (page) => {
      await page.getByRole("button", { name: "Filter", exact: true }).click();
      await page.getByRole("menuitem", { name: "Tag…" }).click();
      await expect(page.getByRole("dialog")).toBeVisible();
    },
  },
  "the launch form": {
    address: "/sessions/new?template=terminal-desktop",
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
  "a warm pool to be changed": {
    address: "/templates/scratchpad",
    reach: async (page) => {
      await page.getByRole("button", { name: "Change the warm pool" }).click();
      await expect(page.getByRole("dialog")).toBeVisible();
    },
  },
  "an agent that waits for approval": {
    address: "/agents/in-the-waiting-room",
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

/** What opens over a page, by the buttons that open it. */
const dialogs: Readonly<Record<string, readonly (string | RegExp)[]>> = {
  "/agents/[id]": ["Revoke…"],
  "/settings/tokens": ["New token"],
  "/audit": ["Filter"],
  "/settings/quotas": ["Change the limits of users"],
  "/settings/webhooks": ["New webhook"],
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

/** axe's slowest rule. */
const contrast = "color-contrast";
/** What there is on a phone alone: the bar at the bottom, the keys for fingers. */
const ofPhones = ["/", "/sessions/[id]"];

/** What axe finds by all its rules, by contrast alone, or by all but contrast. */
async function findings(page: Page, by: "all" | "contrast" | "all but contrast"): Promise<string[]> {
  // Legacy mode leaves out other origins' frames, which no page has, and a second tab for each look.
  const axe = new AxeBuilder({ page }).setLegacyMode(true);
  const ruled = by === "contrast" ? axe.withRules([contrast]) : by === "all" ? axe : axe.disableRules([contrast]);
  const { violations } = await ruled.analyze();
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(" ")}`));
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

test.describe("accessibility", () => {
  test.setTimeout(480_000);
  let sessionId = "";
  let userId = "";
  let webhookId = "";

  test.beforeAll(async () => {
    const berth = api(stackUrl());
    userId = z.object({ id: z.string() }).parse(await berth.call("GET", "/auth/me")).id;
    sessionId = (await berth.createSession({ template: "terminal-desktop", tags: ["looked-at"] })).id;
    const asleep = await berth.createSession({ template: "scratchpad" });
    const webhook = { name: "chat", url: "http://127.0.0.1:9/hook", events: ["session.failed", "agent.offline"], allow_private: true };
    webhookId = z.object({ id: z.string() }).parse(await berth.call("POST", "/webhooks", webhook)).id;
    await berth.call("POST", `/webhooks/${webhookId}/test`, {});
    await enrolForApproval("in-the-waiting-room");
    await berth.untilPhase(sessionId, "Running");
    await berth.untilPhase(asleep.id, "Running");
    await berth.call("PATCH", `/sessions/${asleep.id}`, { state: "hibernated" });
  });
  test.afterAll(async () => {
    await api(stackUrl()).call("DELETE", `/sessions/${sessionId}`);
    await api(stackUrl()).call("DELETE", `/webhooks/${webhookId}`);
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
    const withForms: typeof addresses = { ...addresses, "the launch form": () => "/sessions/new?template=terminal-desktop" };
    for (const [name, address] of Object.entries(withForms)) {
      await page.goto(`${stackUrl()}${address({ sessionId, userId, webhookId })}`);
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

  for (const { width, height, colorSchemes } of [
    { width: 1280, height: 800, colorSchemes: ["light", "dark"] },
    // What a narrow page adds is in its layout.
    { width: 390, height: 844, colorSchemes: ["dark"] },
  ] as const) {
    test(`axe finds nothing on any page, ${width} wide, ${colorSchemes.join(" and ")}`, async ({ browser }) => {
      // A narrow one is a phone: it has what is there for fingers alone.
      const phone = width < 500 ? { hasTouch: true, isMobile: true } : {};
      const context = await browser.newContext({ viewport: { width, height }, reducedMotion: "reduce", ...phone });
      const found: Record<string, string[]> = {};
      const look = async (page: Page, name: string, what: string) => {
        for (const [index, colorScheme] of colorSchemes.entries()) {
          await page.emulateMedia({ colorScheme });
          // Another theme differs in its colours alone, and what a phone shares with wide pages has the same ones there.
          const known = width < 500 && !ofPhones.includes(name);
          const problems = await findings(page, index > 0 ? "contrast" : known ? "all but contrast" : "all");
          if (problems.length > 0) found[`${what} in ${colorScheme}`] = problems;
        }
      };
      const visit = async (page: Page, name: string, address: string) => {
        await page.goto(`${stackUrl()}${address}`);
        await settled(page);
        if (name === "/sessions/[id]") await desktop(page);
        await look(page, name, name);
        for (const button of dialogs[name] ?? []) {
          await page.getByRole("button", { name: button }).click();
          await expect(page.getByRole("dialog")).toBeVisible();
          await look(page, name, `${name}, ${button}`);
          await page.keyboard.press("Escape");
          await expect(page.getByRole("dialog")).toBeHidden();
        }
        if (name !== "/sessions/[id]") return;
        await page.getByRole("button", { name: "Timeline and details" }).click();
        await page.getByRole("tab", { name: "Log" }).click();
        await expect(page.getByRole("status").filter({ hasText: "New lines appear" })).toBeVisible();
        await look(page, name, `${name}, its log`);
      };
      const bring = async (page: Page, name: string, { address, reach }: State) => {
        await page.goto(`${stackUrl()}${typeof address === "string" ? address : address({ sessionId })}`);
        await settled(page);
        await reach?.(page);
        const problems = await findings(page, width < 500 ? "all but contrast" : "all");
        if (problems.length > 0) found[name] = problems;
      };
      const { "/sign-in": signInPage, ...others } = addresses;
      const first = await context.newPage();
      await visit(first, "/sign-in", signInPage?.({ sessionId, userId, webhookId }) ?? "");
      await signIn(first);
      const ahead = [
        ...Object.entries(others).map(
          ([name, address]) =>
            (page: Page) =>
              visit(page, name, address({ sessionId, userId, webhookId })),
        ),
        ...Object.entries(states).map(
          ([name, state]) =>
            (page: Page) =>
              bring(page, name, state),
        ),
      ];
      // axe keeps one core busy: two tabs take turns at what is left.
      const walk = async (page: Page) => {
        for (let next = ahead.shift(); next; next = ahead.shift()) await next(page);
      };
      await Promise.all([walk(first), walk(await context.newPage())]);
      await context.close();
      expect(found).toEqual({});
    });
  }
});
