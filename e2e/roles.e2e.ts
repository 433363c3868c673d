import { type Browser, expect, type Page } from "@playwright/test";
import { z } from "zod";
import { api } from "./stack/api";
import { test } from "./stack/journey";
import { desktop, signIn, stackUrl } from "./stack/people";

const idSchema = z.object({ id: z.string() });
const passwordOf = (username: string) => `${username}-password`;

async function person(username: string, role: "user" | "operator") {
  const password = passwordOf(username);
  await api(stackUrl()).call("POST", "/users", { username, password, role });
  return { username, password };
}

/** A page of another browser, in which this person is signed in. */
async function pageOf(browser: Browser, username: string): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  await signIn(page, username, passwordOf(username));
  return page;
}

const placesIn = async (page: Page) => {
  const links = page.getByRole("navigation").first().getByRole("link");
  await expect(links.first()).toBeVisible();
  return links.allInnerTexts();
};

test("changing the password ends every login but brings this page along; the old one is refused and a wrong one named", async ({
  page,
  browser,
}) => {
  const jo = await person("jo", "user");
  await signIn(page, jo.username, jo.password);
  const script = api(stackUrl(), jo);
  await script.call("GET", "/sessions");
  // The same cookie as the page's, and a login of its own.
  const sameLogin = await pageOf(browser, jo.username);
  await sameLogin.goto(`${stackUrl()}/sessions`);
  await expect(sameLogin.getByRole("heading", { name: "Sessions", level: 1 })).toBeVisible();

  await page.goto(`${stackUrl()}/settings/security`);
  const fill = async (current: string, next: string) => {
    await page.getByLabel("Current password").fill(current);
    await page.getByLabel("New password", { exact: true }).fill(next);
    await page.getByLabel("New password again").fill(next);
    await page.getByRole("button", { name: "Change password" }).click();
  };
  await fill("not the password", "a-better-password");
  await expect(page.getByText("This is not your current password")).toBeVisible();
  await fill(jo.password, "a-better-password");
  await expect(page.getByText("Changed. Every other login of yours has ended.")).toBeVisible();

  await expect(sameLogin).toHaveURL(/\/sign-in/, { timeout: 15_000 });
  await expect(script.call("GET", "/sessions")).rejects.toThrow(/401/);
  await page.goto(`${stackUrl()}/sessions`);
  await expect(page.getByRole("heading", { name: "Sessions", level: 1 })).toBeVisible();
  await sameLogin.getByLabel("Username").fill(jo.username);
  await sameLogin.getByLabel("Password", { exact: true }).fill(jo.password);
  await sameLogin.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(sameLogin.getByText("Username or password is wrong.")).toBeVisible();
  await sameLogin.context().close();
});

test("another's screen opens for an admin with a reason alone, which is audited and stands where its owner sees it", async ({
  page,
  browser,
}) => {
  const lee = await person("lee", "user");
  const script = api(stackUrl(), lee);
  const { id } = await script.createSession({ template: "terminal-desktop" });
  await script.untilPhase(id, "Running");
  await signIn(page);
  const viewers: string[] = [];
  page.on("websocket", (socket) => {
    if (socket.url().includes("/vnc-viewer/")) viewers.push(socket.url());
  });
  await page.goto(`${stackUrl()}/sessions/${id}`);
  await expect(page.getByRole("heading", { name: "This screen belongs to lee" })).toBeVisible();
  await page.getByRole("button", { name: "Open the screen" }).click();
  await expect(page.getByText("Say in a few words why")).toBeVisible();
  expect(viewers).toEqual([]);
  await page.getByLabel("Reason").fill("lee asked for help with the printer");
  await page.getByRole("button", { name: "Open the screen" }).click();
  await desktop(page);

  await page.goto(`${stackUrl()}/audit`);
  const entry = page.getByRole("row").filter({ hasText: "sessions.open_screen" }).first();
  await expect(entry).toContainText("lee asked for help with the printer");
  await expect(entry).toContainText("admin");

  const owner = await pageOf(browser, lee.username);
  await owner.goto(`${stackUrl()}/sessions/${id}`);
  await desktop(owner);
  await owner.getByRole("button", { name: "Timeline and details" }).click();
  await expect(
    owner.getByText(/admin \(administrator\) asked to use this screen: lee asked for help with the printer/).first(),
  ).toBeVisible();
  await owner.context().close();
  await script.call("DELETE", `/sessions/${id}`);
  await script.untilPhase(id, "Terminated");
});

test("a user and an operator see the pages of their role and nothing else", async ({ browser }) => {
  const admin = api(stackUrl());
  const { id } = idSchema.parse(await admin.call("POST", "/sessions", { user: "admin", template: "terminal-desktop", name: "kept-apart" }));
  await admin.untilPhase(id, "Running");
  await person("pat", "user");
  await person("ola", "operator");

  await test.step("a user", async () => {
    const pat = await pageOf(browser, "pat");
    await pat.goto(stackUrl());
    expect(await placesIn(pat)).toEqual(["Berth", "Overview", "Sessions", "Templates", "Homes", "Settings"]);
    await expect(pat.getByText("Agents online")).toHaveCount(0);
    await pat.goto(`${stackUrl()}/sessions`);
    await expect(pat.getByRole("heading", { name: "Sessions", level: 1 })).toBeVisible();
    await expect(pat.getByText("kept-apart")).toHaveCount(0);
    for (const path of ["/agents", "/agents/local", "/agents/add", "/tasks", "/users", "/audit"]) {
      await pat.goto(`${stackUrl()}${path}`);
      await expect(pat.getByText(/for (operators|administrators)/i).first(), path).toBeVisible();
    }
    await pat.context().close();
  });

  await test.step("an operator", async () => {
    const ola = await pageOf(browser, "ola");
    await ola.goto(stackUrl());
    expect(await placesIn(ola)).toEqual(["Berth", "Overview", "Sessions", "Templates", "Homes", "Agents", "Tasks", "Settings"]);
    for (const path of ["/users", "/audit", "/agents/add"]) {
      await ola.goto(`${stackUrl()}${path}`);
      await expect(ola.getByText(/for administrators/i).first(), path).toBeVisible();
    }
    await ola.goto(`${stackUrl()}/agents`);
    await expect(ola.getByText("local").first()).toBeVisible();
    await expect(ola.getByRole("link", { name: "Add agent" })).toHaveCount(0);
    await ola.goto(`${stackUrl()}/sessions`);
    await expect(ola.getByRole("row").filter({ hasText: "kept-apart" })).toContainText("admin");
    for (const path of ["/templates/new", "/templates/terminal-desktop/edit"]) {
      await ola.goto(`${stackUrl()}${path}`);
      await expect(ola.getByText(/for administrators/i).first(), path).toBeVisible();
    }
    await ola.goto(`${stackUrl()}/templates`);
    await expect(ola.getByRole("link", { name: "Terminal desktop", exact: true })).toBeVisible();
    await expect(ola.getByRole("link", { name: "New template" })).toHaveCount(0);
    const viewers: string[] = [];
    ola.on("websocket", (socket) => {
      if (socket.url().includes("/vnc-viewer/")) viewers.push(socket.url());
    });
    await ola.goto(`${stackUrl()}/sessions/${id}`);
    await expect(ola.getByText("kept-apart").first()).toBeVisible();
    await expect(ola.getByRole("button", { name: "Hibernate" })).toBeVisible();
    await expect(ola.locator("canvas")).toHaveCount(0);
    await expect(ola.getByLabel("Reason")).toHaveCount(0);
    expect(viewers).toEqual([]);

    await ola.goto(`${stackUrl()}/agents/local`);
    await ola.getByRole("button", { name: "Drain…" }).click();
    await ola.getByRole("dialog", { name: "Drain local?" }).getByRole("button", { name: "Drain" }).click();
    await expect(ola.getByRole("region", { name: "Drain" })).toContainText("Draining");
    await admin.untilAgentIs("draining");
    await ola.getByRole("button", { name: "Take sessions again" }).click();
    await admin.untilAgentIs("online");
    await ola.context().close();
  });
  await admin.call("DELETE", `/sessions/${id}`);
  await admin.untilPhase(id, "Terminated");
});

test("adding an agent shows one command with everything in it, and waits for the host", async ({ page }) => {
  await signIn(page);
  await page.goto(`${stackUrl()}/agents`);
  await page.getByRole("link", { name: "Add agent" }).first().click();
  await page.getByLabel("Name").fill("host-2");
  await page.getByRole("button", { name: "Make the command" }).click();
  const command = page.locator("code").filter({ hasText: "curl" }).first();
  await expect(command).toContainText(`${stackUrl()}/agent/install.sh`);
  const words = await command.innerText();
  expect(words).toMatch(/--token \S{20,}/);
  expect(words).toMatch(/--sha256 [0-9a-f]{64}/);
  expect(words).toContain("--name host-2");
  await expect(page.getByRole("button", { name: "Copy command" })).toBeVisible();
  await expect(page.getByRole("heading", { name: "2. Watch it arrive" })).toBeVisible();
});
