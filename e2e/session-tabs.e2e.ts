import { expect } from "@playwright/test";
import { api } from "./stack/api";
import { execIn } from "./stack/engine";
import { test } from "./stack/journey";
import { signIn, stackUrl } from "./stack/people";

test("beside a running session its log is searched, a variable set, its versions and what it uses seen, and its home saved", async ({
  page,
}) => {
  const berth = api(stackUrl());
  const { id } = await berth.createSession({ template: "terminal-desktop", name: "looked-into" });
  await berth.untilPhase(id, "Running");
  await execIn(id, "sh", "-c", "for n in 1 2 3; do echo needle-$n > /proc/1/fd/2; done");
  await signIn(page);
  await page.goto(`${stackUrl()}/sessions/${id}?tab=logs`);
  const open = async (tab: string) => {
    await page.getByRole("tab", { name: tab, exact: true }).click();
    return page.getByRole("tabpanel", { name: tab, exact: true });
  };

  await test.step("the log is searched, and goes on", async () => {
    const log = page.getByRole("tabpanel", { name: "Log" });
    const search = log.getByRole("searchbox", { name: "Search the log" });
    await expect(log).toContainText("needle-3");
    await search.fill("needle-");
    await expect(log.getByRole("status").filter({ hasText: /^3$/ })).toBeVisible();
    await search.press("Enter");
    await expect(log.getByText("3 of 3")).toBeVisible();
    await search.press("Shift+Enter");
    await expect(log.getByText("2 of 3")).toBeVisible();
    await execIn(id, "sh", "-c", "echo needle-4 > /proc/1/fd/2");
    await expect(log.getByText("2 of 4")).toBeVisible();
  });

  await test.step("what it uses is counted while one looks", async () => {
    const stats = await open("Stats");
    await expect(stats).toContainText(/Memory, \w+[\d.]+ \w+ of [\d.]+ G/);
    await expect(stats).toContainText(/Processes\d+ of [\d,]+/);
    // Of two samples at least.
    await expect(stats).toContainText(/in [\d.]+ \w+\/s · out [\d.]+ \w+\/s/);
    await expect(stats.locator("svg path, canvas").first()).toBeAttached();
  });

  await test.step("its versions name what it runs", async () => {
    const versions = await open("Versions");
    await expect(versions.getByRole("list", { name: "Known versions" }).getByRole("listitem").first()).toContainText("this session");
    await expect(versions).toContainText("berth/terminal-desktop");
    await expect(versions).toContainText("It was never updated");
  });

  await test.step("its home is saved, and what was saved is deleted again", async () => {
    const snapshots = await open("Snapshots");
    await snapshots.getByRole("button", { name: "Take snapshot" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("before the change");
    await dialog.getByRole("button", { name: "Take snapshot" }).click();
    const saved = snapshots.getByRole("listitem").filter({ hasText: "before the change" });
    await expect(saved.getByRole("link", { name: "New session from before the change" })).toBeVisible({ timeout: 30_000 });
    await saved.getByRole("button", { name: "Delete snapshot before the change" }).click();
    await dialog.getByRole("button", { name: "Delete snapshot" }).click();
    await expect(snapshots.getByRole("heading", { name: "No snapshots" })).toBeVisible({ timeout: 30_000 });
  });

  await test.step("a variable is set, and its programs have it after a restart", async () => {
    const environment = await open("Environment");
    await environment.getByRole("button", { name: "Add", exact: true }).click();
    const dialog = page.getByRole("dialog", { name: "Add a variable" });
    await dialog.getByLabel("Name").fill("GREETING");
    await dialog.getByLabel("Value").fill("hello there");
    await dialog.getByRole("button", { name: "Add" }).click();
    await expect(environment.getByText("GREETING", { exact: true })).toBeVisible();
    await expect(environment.getByText("hello there")).toHaveCount(0);
    await environment.getByRole("button", { name: "Show GREETING" }).click();
    await expect(environment.getByText("hello there")).toBeVisible();
    await environment.getByRole("button", { name: "Restart now to apply" }).click();
    await expect.poll(() => execIn(id, "printenv", "GREETING").catch(() => ""), { timeout: 60_000 }).toBe("hello there\n");
    await expect(environment.getByText("What runs has the values from before.")).toHaveCount(0);
  });
  await berth.call("DELETE", `/sessions/${id}`);
});
