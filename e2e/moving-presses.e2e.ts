import { expect } from "@playwright/test";
import { test } from "./stack/journey";
import { signIn, stackUrl } from "./stack/people";

test("a press counts although the field that it leaves shows a problem and pushes the button away; let go elsewhere, it does not", async ({
  page,
}) => {
  await page.setViewportSize({ width: 1280, height: 3000 });
  await signIn(page);
  await page.goto(`${stackUrl()}/templates/new`, { waitUntil: "networkidle" });
  const add = page.getByRole("button", { name: "Add a probe" });
  const rows = page.getByLabel(/^Probe \d/);
  const pressFrom = async (field: string, wrong: string, wander: number) => {
    await page.getByLabel(field).fill("1");
    await page.getByLabel(field).fill(wrong);
    const before = await add.boundingBox();
    if (!before) throw new Error("the button is not on the page");
    const at = { x: before.x + 10, y: before.y + before.height / 2 };
    await page.mouse.move(at.x, at.y);
    await page.mouse.down();
    await expect.poll(async () => (await add.boundingBox())?.y).not.toBe(before.y);
    await page.mouse.move(at.x - wander, at.y);
    await page.mouse.up();
  };
  await expect(rows).toHaveCount(1);
  await pressFrom("Title", "", 40);
  await pressFrom("Resolution", "wide", 0);
  await expect(rows).toHaveCount(2);
});
