import { readFile } from "node:fs/promises";
import { expect } from "@playwright/test";
import { api } from "./stack/api";
import { containerOf, countContainers, execIn, untilTerminal } from "./stack/engine";
import { test } from "./stack/journey";
import { desktop, scratchpadReady, sessionOnPage, signIn, signInByForm, stackUrl } from "./stack/people";

test("a person signs in, launches a desktop, types into it, hibernates, wakes, finds the file again and terminates", async ({ page }) => {
  await signInByForm(page);
  await page.goto(`${stackUrl()}/sessions/new`);
  await page.getByRole("button", { name: "Launch Terminal desktop" }).click();
  const id = await sessionOnPage(page);

  const screen = await desktop(page);
  await untilTerminal(id);
  await screen.click({ position: { x: 400, y: 300 } });
  await page.keyboard.type("echo typed in the browser > ~/proof.txt\n");
  await expect.poll(() => execIn(id, "cat", "/home/user/proof.txt"), { timeout: 20_000 }).toContain("typed in the browser");

  await test.step("the container is hardened", async () => {
    const { HostConfig: host, Config: config } = await (await containerOf(id)).inspect();
    expect(host.CapDrop).toEqual(["ALL"]);
    expect(host.CapAdd ?? []).toEqual([]);
    expect(host.ReadonlyRootfs).toBe(true);
    expect(host.Privileged).toBe(false);
    expect(host.SecurityOpt).toContain("no-new-privileges");
    expect(host.PidsLimit).toBeGreaterThan(0);
    expect(host.Memory).toBeGreaterThan(0);
    expect(config.User).toMatch(/^1000/);
    expect(await execIn(id, "id", "-u")).toContain("1000");
  });

  await test.step("a file goes up, is seen and edited in the page, and comes down again", async () => {
    await page.getByRole("button", { name: "Timeline and details" }).click();
    await page.getByRole("tab", { name: "Files" }).click();
    await expect(page.getByRole("button", { name: "proof.txt", exact: true })).toBeVisible();
    await page
      .getByLabel("Files to upload")
      .setInputFiles({ name: "notes.md", mimeType: "text/markdown", buffer: Buffer.from("# From here\n") });
    await page.getByRole("button", { name: "notes.md", exact: true }).click();
    const text = page.getByRole("textbox", { name: "Text of notes.md" });
    await expect(text).toContainText("# From here");
    await text.press("Control+End");
    await page.keyboard.type("and edited");
    await page.keyboard.press("Control+s");
    await expect(page.getByText("Saved", { exact: true })).toBeVisible();
    expect(await execIn(id, "cat", "/home/user/notes.md")).toContain("and edited");
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Download notes.md" }).click();
    expect(await readFile(await (await download).path(), "utf8")).toBe("# From here\nand edited");
    await page.getByRole("button", { name: "Timeline and details" }).click();
  });

  await test.step("a page that listens inside alone is found, and opened on its own origin", async () => {
    const serve = [
      "$s=IO::Socket::INET->new(LocalAddr=>'127.0.0.1',LocalPort=>8000,Listen=>9,ReuseAddr=>1) or die;",
      "while($c=$s->accept){while(<$c>){last if /^\\r?$/}",
      "print $c qq(HTTP/1.1 200 OK\\r\\nContent-Type: text/html\\r\\nContent-Length: 24\\r\\nConnection: close\\r\\n\\r\\n<h1>from the inside</h1>);close $c}",
    ].join("");
    await execIn(id, "sh", "-c", 'setsid perl -MIO::Socket::INET -e "$0" >/dev/null 2>&1 </dev/null &', serve);
    await page.getByRole("button", { name: "Timeline and details" }).click();
    await page.getByRole("tab", { name: "Ports" }).click();
    const row = page.getByRole("listitem", { name: "Port 8000" });
    await expect(row).toContainText("inside only", { timeout: 15_000 });
    const opened = page.waitForEvent("popup");
    await row.getByRole("button", { name: "Open port 8000" }).click();
    const app = await opened;
    await expect(app.getByRole("heading", { name: "from the inside" })).toBeVisible();
    expect(new URL(app.url()).hostname).toMatch(new RegExp(`^s-${id}-8000\\.`));
    await app.close();
    await page.getByRole("button", { name: "Timeline and details" }).click();
  });

  await test.step("hibernate ends the processes and says so", async () => {
    await page.getByRole("button", { name: "Hibernate" }).click();
    await expect(page.getByText("Hibernated").first()).toBeVisible({ timeout: 30_000 });
    await api(stackUrl()).untilPhase(id, "Hibernated");
    const left = await containerOf(id).then(
      (container) => container.inspect(),
      () => null,
    );
    expect(left?.State.Running ?? false).toBe(false);
  });

  await test.step("wake brings the desktop back with the file as it was", async () => {
    await page.getByRole("button", { name: "Wake" }).first().click();
    const again = await desktop(page);
    await untilTerminal(id);
    await again.click({ position: { x: 400, y: 300 } });
    await page.keyboard.type("cat ~/proof.txt > ~/second.txt\n");
    await expect.poll(() => execIn(id, "cat", "/home/user/second.txt"), { timeout: 20_000 }).toContain("typed in the browser");
  });

  await test.step("terminate ends it and leaves no container behind", async () => {
    await page.getByRole("button", { name: "Terminate" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Terminate", exact: true }).click();
    await api(stackUrl()).untilPhase(id, "Terminated");
    expect(await countContainers(id)).toBe(0);
    await expect(page.getByText("Terminated").first()).toBeVisible();
  });
});

test("a Firefox desktop paints in the browser, and its timeline tells each step", async ({ page }) => {
  await signIn(page);
  await page.goto(`${stackUrl()}/sessions/new`);
  await page.getByRole("button", { name: "Launch Firefox", exact: true }).click();
  const id = await sessionOnPage(page);
  await desktop(page);
  await page.getByRole("button", { name: "Timeline and details" }).click();
  await expect(page.getByText("Display ready", { exact: false }).first()).toBeVisible();
  await api(stackUrl()).call("DELETE", `/sessions/${id}`);
});

test("a web app opens on an origin of its own, where its WebSocket works and our cookie does not arrive", async ({ page, context }) => {
  await signIn(page);
  await page.goto(`${stackUrl()}/sessions/new`);
  await page.getByRole("button", { name: "Launch Scratchpad" }).click();
  const id = await sessionOnPage(page);

  await test.step("back leads to the catalogue, forward and reloading to the session", async () => {
    const bar = page.getByRole("toolbar", { name: "Session", exact: true });
    await expect(bar).toBeVisible();
    await expect(page).toHaveTitle("Session · Berth");
    await page.goBack();
    await expect(page.getByRole("heading", { name: "New session" })).toBeVisible();
    await expect(page).toHaveTitle("New session · Berth");
    await page.goForward();
    await expect(bar).toBeVisible();
    await page.reload();
    await expect(bar).toBeVisible();
  });

  await api(stackUrl()).untilPhase(id, "Running");
  const opened = context.waitForEvent("page");
  await page
    .getByRole("button", { name: /Open app/ })
    .first()
    .click();
  const app = await opened;
  await app.waitForURL((url) => url.host === `s-${id}.apps.localhost:${new URL(stackUrl()).port}`);
  expect(app.url()).not.toContain("ticket");
  await scratchpadReady(app);
  await app.getByRole("button", { name: "Write a note" }).click();
  await app.getByLabel("Note", { exact: true }).fill("kept in the container");
  await expect
    .poll(() => execIn(id, "sh", "-c", "cat /home/user/*.json /home/user/.*/*.json 2>/dev/null"))
    .toContain("kept in the container");

  const answer = await app.evaluate(async (url) => {
    try {
      await fetch(`${url}/api/trpc/auth.me`, { credentials: "include" });
      return "read";
    } catch {
      return "refused by the browser";
    }
  }, stackUrl());
  expect(answer).toBe("refused by the browser");
  await api(stackUrl()).call("DELETE", `/sessions/${id}`);
});
