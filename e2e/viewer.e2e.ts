import { readFileSync } from "node:fs";
import { type Browser, type BrowserContextOptions, expect, type Page } from "@playwright/test";
import { api } from "./stack/api";
import { findings } from "./stack/axe";
import { execIn } from "./stack/engine";
import { test } from "./stack/journey";
import { desktop, signIn, stackUrl } from "./stack/people";

let id = "";
test.beforeAll(async () => {
  const berth = api(stackUrl());
  id = (await berth.createSession({ template: "terminal-desktop" })).id;
  await berth.untilPhase(id, "Running");
});
test.afterAll(async () => {
  await api(stackUrl()).call("DELETE", `/sessions/${id}`);
});

async function pageWith(browser: Browser, options: BrowserContextOptions): Promise<Page> {
  const page = await (await browser.newContext({ reducedMotion: "reduce", ...options })).newPage();
  await signIn(page);
  return page;
}
async function openDesktop(page: Page, sessionId = id) {
  await page.goto(`${stackUrl()}/sessions/${sessionId}`);
  return desktop(page);
}
const wrote = (file: string) => execIn(id, "sh", "-c", `cat /home/user/${file} 2>/dev/null || echo nothing`);
/** Where the pointer was last pressed, in the desktop's pixels, as it went over the wire. */
function pressesOf(page: Page): { x: number; y: number }[] {
  const presses: { x: number; y: number }[] = [];
  page.on("websocket", (socket) => {
    socket.on("framesent", ({ payload }) => {
      if (typeof payload === "string" || payload[0] !== 5 || payload[1] === 0 || payload.length < 6) return;
      presses.push({ x: payload.readUInt16BE(2), y: payload.readUInt16BE(4) });
    });
  });
  return presses;
}

test("the bar says how good the connection is, quality is chosen there, and the picture is saved as a file", async ({ page }) => {
  await signIn(page);
  const canvas = await openDesktop(page);
  await page.mouse.move(600, 400);
  const meter = page.getByRole("button", { name: /^Connection: / });
  await expect(meter).toHaveAccessibleName(/^Connection: (good|fair|slow), \d+ ms$/);
  await meter.click();
  const panel = page.getByRole("dialog", { name: "Connection" });
  await expect(panel.getByText("Quality now")).toBeVisible();
  await panel.getByLabel("Low data").check();
  await expect(panel.getByText("low", { exact: true })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(panel).toBeHidden();

  const saved = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save a screenshot" }).click();
  const download = await saved;
  expect(download.suggestedFilename()).toMatch(/^[\w.-]+-\d{4}(-\d\d){5}\.png$/);
  const picture = readFileSync(await download.path());
  expect(picture.subarray(1, 4).toString()).toBe("PNG");
  expect(picture.readUInt32BE(16)).toBe(await canvas.evaluate((element: HTMLCanvasElement) => element.width));

  await page.reload();
  await desktop(page);
  await meter.click();
  await expect(panel.getByLabel("Low data")).toBeChecked();
});

test("a desktop that is resized to the window gets every pixel of a sharp screen, and is pressed where one points", async ({ browser }) => {
  const page = await pageWith(browser, { viewport: { width: 1000, height: 700 }, deviceScaleFactor: 2 });
  const presses = pressesOf(page);
  const canvas = await openDesktop(page);
  const choose = async (name: string) => {
    await page.getByRole("button", { name: "Scaling" }).click();
    await page.getByRole("menuitem", { name }).click();
  };
  const pixels = () => canvas.evaluate((element: HTMLCanvasElement) => [element.width, element.height]);
  const room = await page.getByRole("application").boundingBox();
  if (!room) throw new Error("no desktop");
  await choose("Resize the desktop");
  await expect.poll(pixels).toEqual([Math.floor(room.width), Math.floor(room.height)]);
  await choose("Sharp on this screen");
  await expect.poll(pixels).toEqual([2 * Math.floor(room.width), 2 * Math.floor(room.height)]);

  const shown = await canvas.boundingBox();
  expect(Math.abs((shown?.width ?? 0) - room.width)).toBeLessThan(2);
  await canvas.click({ position: { x: 310, y: 207 } });
  await expect.poll(() => presses.at(-1)).toEqual({ x: 620, y: 414 });

  await page.setViewportSize({ width: 900, height: 600 });
  await expect.poll(async () => (await pixels())[0]).toBe(2 * Math.floor((await page.getByRole("application").boundingBox())?.width ?? 0));
  expect((await pixels())[0]).toBeLessThan(2 * Math.floor(room.width));
  await page.context().close();
});

test("a phone has the keys that it lacks, types by its own keyboard, and moves a desktop that is larger than it", async ({ browser }) => {
  const page = await pageWith(browser, { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  const presses = pressesOf(page);
  const canvas = await openDesktop(page);
  const keys = page.getByRole("toolbar", { name: "Keys" });
  await expect(keys).toBeVisible();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);

  await test.step("types, with a modifier that stays", async () => {
    await canvas.tap({ position: { x: 150, y: 60 } });
    await keys.getByRole("button", { name: "Keyboard", exact: true }).tap();
    const field = page.getByLabel("Type into the desktop");
    await expect(field).toBeFocused();
    await page.keyboard.insertText("echo not this");
    await keys.getByRole("button", { name: "Ctrl", exact: true }).tap();
    await expect(keys.getByRole("button", { name: "Ctrl, for the next key" })).toHaveAttribute("aria-pressed", "true");
    await page.keyboard.insertText("u");
    await expect(keys.getByRole("button", { name: "Ctrl", exact: true })).toHaveAttribute("aria-pressed", "false");
    await page.keyboard.insertText("echo touched > ~/touched.txt");
    await page.keyboard.press("Enter");
    await expect.poll(() => wrote("touched.txt"), { timeout: 20_000 }).toBe("touched\n");
    await keys.getByRole("button", { name: "Shift", exact: true }).tap();
    await keys.getByRole("button", { name: "Shift, for the next key" }).tap();
    await expect(keys.getByRole("button", { name: "Shift, locked" })).toBeVisible();
    await keys.getByRole("button", { name: "Shift, locked" }).tap();
    await keys.getByRole("button", { name: "Close the keyboard" }).tap();
  });

  await test.step("takes a picture, by the menu", async () => {
    const saved = page.waitForEvent("download");
    await page.getByRole("button", { name: "Scaling" }).tap();
    await page.getByRole("menuitem", { name: "Save a screenshot" }).tap();
    expect((await saved).suggestedFilename()).toMatch(/\.png$/);
  });

  await test.step("moves the view", async () => {
    await page.getByRole("button", { name: "Scaling" }).tap();
    await page.getByRole("menuitem", { name: "Actual size" }).tap();
    const tapped = async () => {
      const before = presses.length;
      await canvas.tap({ position: { x: 100, y: 200 } });
      await expect.poll(() => presses.length).toBeGreaterThan(before);
      return presses.at(-1)?.x ?? 0;
    };
    const first = await tapped();
    await keys.getByRole("button", { name: "Move the view" }).tap();
    const touch = await page.context().newCDPSession(page);
    const box = await canvas.boundingBox();
    const at = (x: number) => [{ x: (box?.x ?? 0) + x, y: (box?.y ?? 0) + 200 }];
    await touch.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: at(300) });
    for (const x of [280, 240, 200, 160]) await touch.send("Input.dispatchTouchEvent", { type: "touchMove", touchPoints: at(x) });
    await touch.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
    await keys.getByRole("button", { name: "Move the view" }).tap();
    expect(await tapped()).toBeGreaterThan(first + 50);
  });
  await page.context().close();
});

test("in full screen the bar is out of the way, comes back at the edge and with the focus, and says who has which keys", async ({
  page,
}) => {
  await signIn(page);
  const canvas = await openDesktop(page);
  await page.getByRole("button", { name: "Full screen" }).click();
  const bar = page.getByRole("toolbar", { name: "Session" });
  await expect(page.getByText(/All keys go to the desktop|Esc and Alt \+ Tab stay/)).toBeVisible();
  await canvas.click({ position: { x: 400, y: 300 } });
  const bottom = async () => {
    const box = await bar.boundingBox();
    return box ? box.y + box.height : 0;
  };
  await expect.poll(bottom).toBeLessThanOrEqual(0);
  await page.mouse.move(640, 1);
  await expect.poll(bottom).toBeGreaterThan(20);
  await page.mouse.move(640, 500);
  await expect.poll(bottom).toBeLessThanOrEqual(0);
  await canvas.click({ position: { x: 400, y: 300 } });
  await page.keyboard.down("Control");
  await page.keyboard.down("Alt");
  await page.keyboard.down("Shift");
  for (const key of ["Shift", "Alt", "Control"]) await page.keyboard.up(key);
  await expect.poll(bottom).toBeGreaterThan(20);
  await page.getByRole("button", { name: "Leave full screen" }).click();
  await expect(page.getByRole("button", { name: "Full screen" })).toBeVisible();
});

test("who does not use a session is warned, stays by a word, and finds it hibernated and why when they don't", async ({ page }) => {
  const berth = api(stackUrl());
  const idle = await berth.call("POST", "/sessions", { user: "admin", template: "terminal-desktop", idle_timeout: "10s" });
  const idleId = String(typeof idle === "object" && idle !== null ? Reflect.get(idle, "id") : "");
  await berth.untilPhase(idleId, "Running");
  await signIn(page);
  await openDesktop(page, idleId);
  await expect(page.getByText("Not used for a while")).toBeVisible();
  expect(await findings(page)).toEqual([]);
  await page.getByRole("button", { name: "Stay" }).click();
  await expect(page.getByText("Not used for a while")).toBeHidden();
  await expect(page.getByText("Not used for a while")).toBeVisible();
  await page.mouse.move(600, 500);
  await page.mouse.move(620, 520);
  await expect(page.getByText("Not used for a while")).toBeHidden();
  await expect(page.getByRole("heading", { name: /^Hibernated after 10.* without input$/ })).toBeVisible({ timeout: 90_000 });
  await page.getByRole("button", { name: "Timeline and details" }).click();
  await expect(page.getByText("Hibernated when idle")).toBeVisible();
  await expect(page.getByRole("button", { name: "Wake" }).last()).toBeVisible();
  await berth.call("DELETE", `/sessions/${idleId}`);
});

test("a shell of the session is typed into beside the desktop, and goes on where it was after a reload", async ({ page }) => {
  await page.setViewportSize({ width: 1280, height: 800 });
  await signIn(page);
  await openDesktop(page);
  const terminal = page.getByRole("region", { name: "Terminal 1" });
  await page.getByRole("button", { name: "Timeline and details" }).click();
  await page.getByRole("tab", { name: "Terminal", exact: true }).click();
  await expect(terminal.locator(".xterm-rows")).toContainText("$");
  await page.keyboard.type("cd /tmp; echo typed-$((40+2))\n");
  await expect(terminal.locator(".xterm-rows")).toContainText("typed-42");
  expect(await findings(page)).toEqual([]);

  // Several lines ask first, and what a program prints leaves title and clipboard alone.
  await terminal.locator("textarea").evaluate((field) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", "echo one\u0003\necho two");
    field.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
  });
  const question = page.getByRole("dialog", { name: "Paste 2 lines?" });
  await expect(question).toContainText("can't be seen");
  await question.getByRole("button", { name: "Cancel" }).click();
  await expect(terminal.locator("textarea")).toBeFocused();
  const title = await page.title();
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.evaluate(() => navigator.clipboard.writeText("kept"));
  await page.keyboard.type("printf '\\033]0;taken-over\\007\\033]52;c;dGFrZW4=\\007'; echo shown-$((40+2))\n");
  await expect(terminal.locator(".xterm-rows")).toContainText("shown-42");
  expect(await page.title()).toBe(title);
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("kept");

  // The tab is in the address, and so open again.
  await page.reload();
  await expect(terminal.locator(".xterm-rows")).toContainText("typed-42");
});
