import { expect } from "@playwright/test";
import { api } from "./stack/api";
import { execIn, untilTerminal } from "./stack/engine";
import { test } from "./stack/journey";
import { desktop, signIn, stackUrl } from "./stack/people";

test("text goes into a desktop and out of it by hand, keys that the browser keeps are sent, and who only looks types nothing", async ({
  page,
}) => {
  const berth = api(stackUrl());
  const { id } = await berth.createSession({ template: "terminal-desktop" });
  await berth.untilPhase(id, "Running");
  await untilTerminal(id);
  const wrote = (file: string) => execIn(id, "sh", "-c", `cat /home/user/${file} 2>/dev/null || echo nothing`);
  await signIn(page);
  await page.goto(`${stackUrl()}/sessions/${id}`);
  const screen = await desktop(page);
  const press = async (keys: string) => {
    await page.getByRole("button", { name: "Send keys" }).click();
    await page.getByRole("menuitem", { name: keys }).click();
  };
  const type = async (line: string) => {
    await screen.click({ position: { x: 400, y: 300 } });
    await page.keyboard.type(`${line}\n`);
  };
  const box = page.getByRole("dialog", { name: "Clipboard" });

  await test.step("in: what was sent is pasted there, by keys that are the browser's own", async () => {
    await page.getByRole("button", { name: "Clipboard" }).click();
    await box.getByLabel("To the desktop").fill("echo 'grüße from outside' > ~/in.txt");
    await box.getByRole("button", { name: "Send to the desktop" }).click();
    await expect(box.getByText("Sent: it can be pasted there now.")).toBeVisible();
    await page.keyboard.press("Escape");
    await screen.click({ position: { x: 400, y: 300 } });
    await press("Ctrl + Shift + V");
    await type("");
    await expect.poll(() => wrote("in.txt"), { timeout: 20_000 }).toBe("grüße from outside\n");
  });

  await test.step("out: what is marked there stands in the box", async () => {
    await type("clear; yes copiedinside | head -28; touch ~/printed");
    await expect.poll(() => execIn(id, "ls", "/home/user")).toContain("printed");
    const { x, y } = await screen.evaluate((canvas: HTMLCanvasElement) => {
      // In the desktop's own pixels: the terminal stands at 60, 48.
      const { width, height } = canvas.getBoundingClientRect();
      return { x: (110 / canvas.width) * width, y: (300 / canvas.height) * height };
    });
    await screen.dblclick({ position: { x, y } });
    await page.getByRole("button", { name: "Clipboard" }).click();
    await expect(box.getByLabel("From the desktop")).toHaveValue("copiedinside");
    await page.keyboard.press("Escape");
  });

  await test.step("looking only: neither keys nor the box reach the desktop", async () => {
    await page.getByRole("button", { name: "View only" }).click();
    await expect(page.getByRole("button", { name: "View only" })).toHaveAttribute("aria-pressed", "true");
    await expect(page.getByRole("button", { name: "Send keys" })).toBeDisabled();
    await type("echo looked > ~/looked.txt");
    await page.getByRole("button", { name: "Clipboard" }).click();
    await expect(box.getByLabel("To the desktop")).toBeDisabled();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "View only" }).click();
    await desktop(page);
    await type("echo typed > ~/typed.txt");
    await expect.poll(() => wrote("typed.txt"), { timeout: 20_000 }).toBe("typed\n");
    expect(await wrote("looked.txt")).toBe("nothing\n");
  });

  await test.step("Alt + F4 closes the window there, and not this one", async () => {
    await press("Alt + F4");
    await expect.poll(() => execIn(id, "sh", "-c", "pgrep -x xterm || echo closed")).toBe("closed\n");
    await expect(screen).toBeVisible();
  });
  await berth.call("DELETE", `/sessions/${id}`);
});
