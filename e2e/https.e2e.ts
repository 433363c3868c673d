import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "@playwright/test";
import { makeCertificate } from "./stack/certificate";
import { execIn, removeSessionsOf, untilTerminal } from "./stack/engine";
import { test } from "./stack/journey";
import { desktop, scratchpadReady, sessionOnPage, signInByForm } from "./stack/people";
import { adminPassword, type Stack, startStack } from "./stack/stack";

/** A stack that serves https by itself; its agent knows the certificate and nothing else would do. */
let stack: Stack;
const folder = mkdtempSync(join(tmpdir(), "berth-e2e-certificate-"));
test.use({ ignoreHTTPSErrors: true });

test.beforeAll(async () => {
  stack = await startStack({ tls: makeCertificate(folder), env: { LOG_LEVEL: "debug" } });
});
test.afterAll(async () => {
  await removeSessionsOf(stack);
  await stack.stop();
  rmSync(folder, { recursive: true, force: true });
});

test("what a request causes in the log has the id that its answer has", async ({ request }) => {
  const answer = await request.get(`${stack.url}/api/v1/sessions/none`);
  expect(answer.status()).toBe(401);
  const id = answer.headers()["x-request-id"];
  expect((await answer.json()).request_id).toBe(id);
  const lines = () =>
    readFileSync(stack.serverLog, "utf8")
      .split("\n")
      .filter((line) => line.includes(`"request_id":"${id}"`));
  await expect.poll(lines).toEqual([expect.stringMatching(/"route":"rest","method":"GET","status":"401".*"msg":"answered"/)]);
});

test("over https a person signs in, uses a desktop over wss and a web app on its own origin, by cookies that plain http never sees", async ({
  page,
  context,
}) => {
  await signInByForm(page, "admin", adminPassword, stack.url);
  const login = (await context.cookies()).find(({ name }) => name === "__Host-berth-session");
  expect(login).toMatchObject({ secure: true, httpOnly: true, sameSite: "Lax", path: "/", domain: "localhost" });

  const sockets: string[] = [];
  page.on("websocket", (socket) => sockets.push(socket.url()));
  await page.goto(`${stack.url}/agents`);
  await expect(page.getByText("Online").first()).toBeVisible();
  await page.goto(`${stack.url}/sessions/new`);
  await page.getByRole("button", { name: "Launch Terminal desktop" }).click();
  const id = await sessionOnPage(page);
  const screen = await desktop(page);
  await untilTerminal(id);
  await screen.click({ position: { x: 400, y: 300 } });
  await page.keyboard.type("echo over TLS > ~/proof.txt\n");
  await expect.poll(() => execIn(id, "cat", "/home/user/proof.txt"), { timeout: 20_000 }).toContain("over TLS");
  const port = new URL(stack.url).port;
  expect(sockets.some((url) => url.startsWith(`wss://localhost:${port}/vnc-viewer/${id}?ticket=`))).toBe(true);
  expect(sockets.some((url) => url.startsWith(`wss://localhost:${port}/live`))).toBe(true);

  await page.goto(`${stack.url}/sessions/new`);
  await page.getByRole("button", { name: "Launch Scratchpad" }).click();
  const appId = await sessionOnPage(page);
  const opened = context.waitForEvent("page");
  await page
    .getByRole("button", { name: /Open app/ })
    .first()
    .click({ timeout: 60_000 });
  const app = await opened;
  await app.waitForURL((url) => url.origin === `https://s-${appId}.apps.localhost:${port}`);
  await scratchpadReady(app);
  await app.getByRole("button", { name: "Write a note" }).click();
  await app.getByLabel("Note", { exact: true }).fill("kept over TLS");
  await expect.poll(() => execIn(appId, "sh", "-c", "cat /home/user/*.json /home/user/.*/*.json 2>/dev/null")).toContain("kept over TLS");
  const pass = (await context.cookies(app.url())).find(({ name }) => name === "__Host-berth-app");
  expect(pass).toMatchObject({ secure: true, httpOnly: true, domain: `s-${appId}.apps.localhost` });
});

test("the browser is told to stay with https, and plain http gets nothing", async ({ request }) => {
  const answer = await request.get(`${stack.url}/sign-in`);
  expect(answer.headers()["strict-transport-security"]).toMatch(/max-age=\d{8}/);
  await expect(request.get(stack.url.replace("https:", "http:"))).rejects.toThrow();
});
