import { expect, type Page } from "@playwright/test";
import { api } from "./stack/api";
import { execIn, untilTerminal } from "./stack/engine";
import { test } from "./stack/journey";
import { desktop, sessionOnPage, signIn, stackUrl } from "./stack/people";

async function type(page: Page, command: string): Promise<void> {
  await (await desktop(page)).click({ position: { x: 400, y: 300 } });
  await page.keyboard.type(`${command}\n`);
}

test("a guest comes by a link, types once control was given to them, not before and not after it was taken back", async ({
  page,
  browser,
}) => {
  await signIn(page);
  await page.goto(`${stackUrl()}/sessions/new`);
  await page.getByRole("button", { name: "Launch Terminal desktop" }).click();
  const id = await sessionOnPage(page);
  await desktop(page);
  await untilTerminal(id);
  const wrote = (file: string) => execIn(id, "sh", "-c", `cat /home/user/${file} 2>/dev/null || echo nothing`);

  await page.getByRole("button", { name: "Share this screen" }).click();
  await page.getByText("Watch and ask for control").click();
  await page.getByRole("button", { name: "Make a link" }).click();
  const link = page.getByText(`${stackUrl()}/shared/`);
  await expect(link).toBeVisible();
  const url = (await link.textContent())?.trim() ?? "";
  await page.getByRole("button", { name: "Close" }).click();

  const context = await browser.newContext();
  const guest = await context.newPage();
  await guest.goto(url);
  await guest.getByLabel("Your name").fill("Ann");
  await guest.getByRole("button", { name: "Open the screen" }).click();
  await desktop(guest);
  expect(await context.cookies()).toEqual([]);

  await test.step("a guest who watches types nothing", async () => {
    await type(guest, "echo early > ~/early.txt");
    await type(page, "echo mine > ~/mine.txt");
    await expect.poll(() => wrote("mine.txt"), { timeout: 20_000 }).toContain("mine");
    expect(await wrote("early.txt")).toContain("nothing");
  });

  await test.step("one who was given control does", async () => {
    await guest.getByRole("button", { name: "Ask for control" }).click();
    await page.getByRole("button", { name: "Give control to Ann" }).click();
    await expect(guest.getByText("You have control")).toBeVisible();
    await type(guest, "echo guest > ~/guest.txt");
    await expect.poll(() => wrote("guest.txt"), { timeout: 20_000 }).toContain("guest");
  });

  await test.step("and no longer when it was taken back", async () => {
    await page.getByRole("button", { name: "Take control" }).click();
    await expect(guest.getByText("has control")).toBeVisible();
    await type(guest, "echo late > ~/late.txt");
    await type(page, "echo again > ~/again.txt");
    await expect.poll(() => wrote("again.txt"), { timeout: 20_000 }).toContain("again");
    expect(await wrote("late.txt")).toContain("nothing");
  });

  await test.step("is the same guest when they load the page again, and asks nobody's name", async () => {
    await guest.reload();
    await desktop(guest);
    await expect(guest.getByText("has control")).toBeVisible();
    await page.getByRole("button", { name: "Who is here" }).click();
    await expect(page.getByRole("menuitem", { name: /^Ann / })).toHaveCount(1);
    await page.keyboard.press("Escape");
    expect(await context.cookies()).toEqual([]);
  });

  await test.step("and is out at once when the link is taken back", async () => {
    await page.getByRole("button", { name: "Share this screen" }).click();
    await page.getByRole("button", { name: /^Take back: / }).click();
    await expect(guest.getByText("This screen can’t be opened")).toBeVisible();
  });

  await context.close();
  await api(stackUrl()).call("DELETE", `/sessions/${id}`);
});
