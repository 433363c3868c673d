import { expect } from "@playwright/test";
import { api } from "./stack/api";
import { test } from "./stack/journey";
import { signIn, stackUrl } from "./stack/people";

test("by Ctrl + K and a name alone one gets to a session, wherever one is, and does something to it", async ({ page }) => {
  const berth = api(stackUrl());
  const { id } = await berth.createSession({ template: "scratchpad", name: "sought-for" });
  await berth.untilPhase(id, "Running");
  await signIn(page);
  await page.goto(`${stackUrl()}/templates`, { waitUntil: "networkidle" });
  const palette = page.getByRole("dialog", { name: "Search and commands" });

  await test.step("go", async () => {
    await page.keyboard.press("Control+k");
    await expect(palette.getByRole("combobox")).toBeFocused();
    await page.keyboard.type("sought");
    await expect(palette.getByRole("option").first()).toContainText("sought-for");
    await page.keyboard.press("Enter");
    await page.waitForURL(`**/sessions/${id}`);
    await expect(page.getByRole("toolbar", { name: "Session", exact: true })).toBeVisible();
  });

  await test.step("act", async () => {
    await page.keyboard.press("Control+k");
    await expect(palette.getByRole("combobox")).toBeFocused();
    await page.keyboard.type("hibernate sought");
    await expect(palette.getByRole("option", { selected: true })).toHaveText("Hibernate sought-for");
    await page.keyboard.press("Enter");
    await expect(palette).toBeHidden();
    await berth.untilPhase(id, "Hibernated");
  });

  await test.step("and a place, by its name", async () => {
    await page.keyboard.press("Control+k");
    await page.keyboard.type("agents");
    await expect(palette.getByRole("option", { selected: true })).toHaveText("Agents");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/agents");
  });
  await berth.call("DELETE", `/sessions/${id}`);
});
