import { expect } from "@playwright/test";
import { api } from "./stack/api";
import { containerOf, countContainers, execIn, killContainer, removeSessionsOf, runLike } from "./stack/engine";
import { test } from "./stack/journey";
import { signInByForm } from "./stack/people";
import { adminPassword, type Stack, startStack } from "./stack/stack";

/** A stack of its own: these tests kill parts of it. */
let stack: Stack;
test.setTimeout(180_000);

test.beforeAll(async () => {
  stack = await startStack();
  await api(stack.url).untilAgentIs("online");
});
test.afterAll(async () => {
  await removeSessionsOf(stack);
  await stack.stop();
});

test("a container killed from outside is shown as failed with the reason, and can be woken with its home", async () => {
  const berth = api(stack.url);
  const { id } = await berth.createSession({ template: "terminal-desktop" });
  await berth.untilPhase(id, "Running");
  await execIn(id, "sh", "-c", "echo kept > /home/user/kept.txt");
  await killContainer(id);
  const failed = await berth.untilPhase(id, "Failed");
  expect(failed.state).toBe("hibernated");
  expect(failed.status.message).toMatch(/137|killed/i);
  await berth.call("PATCH", `/sessions/${id}`, { state: "running" });
  await berth.untilPhase(id, "Running");
  expect(await execIn(id, "cat", "/home/user/kept.txt")).toContain("kept");
  await berth.call("DELETE", `/sessions/${id}`);
  await berth.untilPhase(id, "Terminated");
});

test("a control plane killed with -9 comes back with the session running and untouched", async () => {
  const berth = api(stack.url);
  const { id } = await berth.createSession({ template: "terminal-desktop" });
  await berth.untilPhase(id, "Running");
  const before = (await (await containerOf(id)).inspect()).State.StartedAt;
  await stack.killServer();
  await stack.startServer();
  await api(stack.url).untilAgentIs("online");
  await berth.untilPhase(id, "Running");
  expect((await (await containerOf(id)).inspect()).State.StartedAt).toBe(before);
  await berth.call("DELETE", `/sessions/${id}`);
  await berth.untilPhase(id, "Terminated");
});

test("an open page is live again by itself when its control plane is back", async ({ page }) => {
  await signInByForm(page, "admin", adminPassword, stack.url);
  await page.goto(`${stack.url}/templates`);
  const down = page.getByText("The control plane has not been reachable");
  await stack.killServer();
  await expect(down).toBeVisible();
  await stack.startServer();
  await expect(down).toHaveCount(0);
  await api(stack.url).call("POST", "/templates", {
    name: "made-meanwhile",
    display_name: "Made meanwhile",
    category: "Tests",
    image: "127.0.0.1:1/none/such:2",
    display: { protocol: "rfb", port: 5900 },
    default_resources: { memory: "512Mi", cpu: "500m" },
  });
  await expect(page.getByText("Made meanwhile")).toBeVisible();
});

test("an agent killed in the middle of a start finishes it when it is back, with one container", async () => {
  const berth = api(stack.url);
  const { id } = await berth.createSession({ template: "terminal-desktop" });
  await expect.poll(() => countContainers(id), { intervals: [10], timeout: 30_000 }).toBe(1);
  await stack.killAgent();
  await stack.startAgent();
  await berth.untilPhase(id, "Running", 90_000);
  expect(await countContainers(id)).toBe(1);
  await berth.call("DELETE", `/sessions/${id}`);
  await berth.untilPhase(id, "Terminated");
});

test("while its agent is away a session is unreachable, and it is running again when the agent returns", async () => {
  const berth = api(stack.url);
  const { id } = await berth.createSession({ template: "terminal-desktop" });
  await berth.untilPhase(id, "Running");
  await stack.killAgent();
  const lost = await berth.untilPhase(id, "Unreachable");
  expect(lost.state).toBe("running");
  await stack.startAgent();
  await berth.untilPhase(id, "Running");
  await berth.call("DELETE", `/sessions/${id}`);
  await berth.untilPhase(id, "Terminated");
});

test("containers that no session stands for are shown on their agent's page: one becomes its session again, the other is removed", async ({
  page,
}) => {
  const berth = api(stack.url);
  const { id } = await berth.createSession({ template: "scratchpad", name: "given-up" });
  await berth.untilPhase(id, "Running");
  const made = await (await containerOf(id)).inspect();
  await berth.call("DELETE", `/sessions/${id}`);
  await berth.untilPhase(id, "Terminated");
  // What an older backup of the host would bring back.
  const unknown = "00000000-0000-4000-8000-00000000abcd";
  await stack.killAgent();
  const left = await runLike(made, id);
  await runLike(made, unknown);
  await stack.startAgent();
  await signInByForm(page, "admin", adminPassword, stack.url);
  await page.goto(`${stack.url}/agents/local`);
  const orphans = page.getByRole("table", { name: "Orphans" });

  await test.step("adopted", async () => {
    const known = orphans.getByRole("row").filter({ has: page.getByRole("link", { name: "its session" }) });
    // At once, most of the times before that part of the page answers: a press is not lost by that.
    await known.getByRole("button", { name: /^Adopt / }).click({ timeout: 60_000 });
    await expect(known).toHaveCount(0);
    await berth.untilPhase(id, "Running");
    expect((await containerOf(id)).id).toBe(left);
  });

  await test.step("removed", async () => {
    const stray = orphans.getByRole("row").filter({ hasText: "its session is not known here" });
    await expect(stray.getByRole("button", { name: /^Adopt / })).toHaveCount(0);
    await stray.getByRole("button", { name: /^Remove / }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Remove", exact: true }).click();
    await expect(page.getByRole("region", { name: "Orphans" })).toHaveCount(0, { timeout: 30_000 });
    await expect.poll(() => countContainers(unknown), { timeout: 30_000 }).toBe(0);
  });
  await berth.call("DELETE", `/sessions/${id}`);
  await berth.untilPhase(id, "Terminated");
});

test("an image that can't be had ends the start as failed, names the image and leaves nothing behind", async () => {
  const berth = api(stack.url);
  await berth.call("POST", "/templates", {
    name: "no-such-image",
    display_name: "No such image",
    category: "Tests",
    image: "127.0.0.1:1/none/such:1",
    display: { protocol: "rfb", port: 5900 },
    default_resources: { memory: "512Mi", cpu: "500m" },
  });
  const { id } = await berth.createSession({ template: "no-such-image" });
  const failed = await berth.untilPhase(id, "Failed");
  expect(failed.state).toBe("terminated");
  expect(failed.status.message).toContain("127.0.0.1:1/none/such:1");
  expect(await countContainers(id)).toBe(0);
});
