import { expect } from "@playwright/test";
import { WebSocket } from "ws";
import { z } from "zod";
import { api } from "./stack/api";
import { test } from "./stack/journey";
import { desktop, signIn, stackUrl } from "./stack/people";

const credentials = { username: "casey", password: "casey-password" };

test("a disabled user is out within seconds: the open page, the open viewer and the token", async ({ page }) => {
  const admin = api(stackUrl());
  const made = z.object({ id: z.string() }).parse(await admin.call("POST", "/users", { ...credentials, role: "user" }));
  const casey = api(stackUrl(), credentials);
  const { id } = await casey.createSession({ template: "terminal-desktop" });
  await casey.untilPhase(id, "Running");
  await signIn(page, credentials.username, credentials.password);
  await page.goto(`${stackUrl()}/sessions/${id}`);
  await desktop(page);

  const opened = z.object({ url: z.string() }).parse(await casey.call("POST", `/sessions/${id}/viewer`, {}));
  const address = new URL(opened.url, stackUrl()).href.replace(/^http/, "ws");
  const viewer = new WebSocket(address, ["binary"]);
  const banner = await new Promise<string>((resolve, reject) => {
    viewer.once("message", (data: Buffer) => resolve(data.toString("latin1").slice(0, 12)));
    viewer.once("error", reject);
  });
  expect(banner).toMatch(/^RFB 003\.00\d\n$/);
  const closed = new Promise<void>((resolve) => viewer.once("close", () => resolve()));

  await test.step("a ticket works once", async () => {
    const again = new WebSocket(address, ["binary"]);
    const status = await new Promise<number>((resolve) =>
      again.once("unexpected-response", (_request, answer) => resolve(answer.statusCode ?? 0)),
    );
    expect(status).toBe(401);
  });

  await admin.call("PATCH", `/users/${made.id}`, { active: false });
  await closed;
  await expect(page).toHaveURL(/\/sign-in/, { timeout: 15_000 });
  await expect(casey.session(id)).rejects.toThrow(/401/);
  await admin.call("DELETE", `/sessions/${id}`);
  await admin.untilPhase(id, "Terminated");
});

test("one user can neither see nor open another's session, by page or by API", async ({ page }) => {
  const admin = api(stackUrl());
  const { id } = await admin.createSession({ template: "terminal-desktop" });
  await admin.call("POST", "/users", { username: "robin", password: "robin-password", role: "user" });
  const robin = api(stackUrl(), { username: "robin", password: "robin-password" });
  await expect(robin.session(id)).rejects.toThrow(/404.*SESSION_NOT_FOUND/);
  await expect(robin.call("POST", `/sessions/${id}/viewer`, {})).rejects.toThrow(/404/);
  await signIn(page, "robin", "robin-password");
  await page.goto(`${stackUrl()}/sessions/${id}`);
  await expect(page.getByText(/Nothing here|not found|does not exist/i).first()).toBeVisible();
  await admin.call("DELETE", `/sessions/${id}`);
  await admin.untilPhase(id, "Terminated");
});
