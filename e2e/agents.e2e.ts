import AxeBuilder from "@axe-core/playwright";
import { expect, type Page, test } from "@playwright/test";
import { api } from "./stack/api";
import { signIn, stackUrl } from "./stack/people";

async function findings(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze();
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(" ")}`));
}

test("an agent is found by keys and filters, drained with its progress shown, and takes sessions again", async ({ page }) => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  const berth = api(stackUrl());
  const { id } = await berth.createSession({ template: "scratchpad", name: "drained-away" });
  await berth.untilPhase(id, "Running");
  await signIn(page);
  // Keys are heard once the page's scripts run.
  await page.goto(stackUrl(), { waitUntil: "networkidle" });
  await expect(page.getByRole("heading", { name: "Overview", level: 1 })).toBeVisible();

  await test.step("keys lead there, and a page says which", async () => {
    await page.keyboard.press("?");
    await expect(page.getByRole("dialog", { name: "Keyboard shortcuts" })).toBeVisible();
    expect(await findings(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await expect(page.getByRole("dialog")).toHaveCount(0);
    await page.keyboard.press("g");
    await page.keyboard.press("a");
    await page.waitForURL("**/agents");
  });

  await test.step("the list's view and filters are in its address", async () => {
    await page.getByText("List", { exact: true }).click();
    await page.keyboard.press("Escape");
    await page.getByRole("searchbox", { name: "Search agents" }).fill("loca");
    await page.waitForURL(/\/agents\?view=list&search=loca/);
    await page.reload();
    await expect(page.getByRole("table", { name: "Agents" }).getByRole("row")).toHaveCount(2);
    expect(await findings(page)).toEqual([]);
    await page.getByRole("link", { name: "local", exact: true }).click();
  });

  await test.step("a drain that hibernates ends by itself", async () => {
    await page.getByRole("button", { name: "Drain…" }).click();
    const dialog = page.getByRole("dialog", { name: "Drain local?" });
    await dialog.getByText("Hibernate what runs now").click();
    expect(await findings(page)).toEqual([]);
    await dialog.getByRole("button", { name: "Drain" }).click();
    await expect(page.getByRole("region", { name: "Drain" }).getByText(/^Drained: all \d+ are gone/)).toBeVisible({ timeout: 30_000 });
    expect(await findings(page)).toEqual([]);
    await berth.untilPhase(id, "Hibernated");
  });

  await test.step("and can be called off", async () => {
    await page.getByRole("button", { name: "Take sessions again" }).click();
    await expect(page.getByRole("region", { name: "Drain" })).toHaveCount(0);
    await expect(page.getByText("Online")).toBeVisible();
  });
  await berth.call("DELETE", `/sessions/${id}`);
});
