import { expect } from "@playwright/test";
import { z } from "zod";
import { api } from "./stack/api";
import { findings } from "./stack/axe";
import { test } from "./stack/journey";
import { signIn, stackUrl } from "./stack/people";

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
    await page.keyboard.press("j");
    await expect(page.getByRole("link", { name: "local", exact: true })).toBeFocused();
    await page.keyboard.press("Enter");
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

const madeAnswer = z.object({ taskId: z.string() });

test("a container is run by a form, and what read its log in vain before does it when tried again", async ({ page }) => {
  const berth = api(stackUrl());
  const name = "asked-for-by-form";
  const give = async (taskType: string, payload: object) =>
    madeAnswer.parse(await berth.call("POST", "/agents/local/tasks", { taskType, payload })).taskId;
  const reading = await give("docker.logs", { name });
  await signIn(page);

  await test.step("what can't be is said at its field, and nothing is made", async () => {
    await page.goto(`${stackUrl()}/tasks/new?kind=docker.run`);
    await page.getByLabel("Image").fill("berth/terminal-desktop:1");
    await page.getByLabel("Name", { exact: true }).fill("berth-mine");
    await expect(page.getByLabel("Tag")).toHaveValue("1");
    await page.getByRole("button", { name: "Run container" }).click();
    await expect(page.getByText("must not begin with berth-, as sessions do")).toBeVisible();
    await expect(page.getByText("Choose the agent that is to do it")).toBeVisible();
  });

  await test.step("a container is run", async () => {
    await page.getByLabel("Name", { exact: true }).fill(name);
    await page.getByLabel("Command").fill('sh\n-c\necho "hello from $WHERE"');
    await page.getByRole("button", { name: "Add a variable" }).click();
    await page.getByLabel("Name of variable 1").fill("WHERE");
    await page.getByLabel("Value of variable 1").fill("a-secret-place");
    await page.getByRole("radio", { name: /^local/ }).check();
    await page.getByRole("button", { name: "Run container" }).click();
    await page.waitForURL(/\/tasks\/[0-9a-f-]{36}$/);
    await expect(page.getByRole("region", { name: "Result" })).toContainText("by this task", { timeout: 30_000 });
    await expect(page.getByRole("list", { name: "Timeline" })).toContainText("Completed");
    await expect(page.getByRole("log")).toContainText(`Container ${name} was started`);
    await expect(page.getByRole("main")).toContainText("WHERE");
    await expect(page.getByRole("main")).not.toContainText("a-secret-place");
    expect(await findings(page)).toEqual([]);
  });

  await test.step("and its log read by the task that could not before", async () => {
    await page.goto(`${stackUrl()}/tasks?state=failed&kind=docker.logs&agent=local`);
    await expect(page.getByRole("table", { name: "Tasks" }).getByRole("row")).toHaveCount(2);
    // Keys are heard once the page's scripts run; of one row there is no second to go on to.
    await expect(async () => {
      await page.keyboard.press("j");
      await expect(page.getByRole("link", { name: "Read container’s log" })).toBeFocused({ timeout: 1000 });
    }).toPass();
    await page.keyboard.press("Enter");
    await page.waitForURL(`**/tasks/${reading}`);
    await expect(page.getByText("CONTAINER_NOT_FOUND")).toBeVisible();
    expect(await findings(page)).toEqual([]);
    await page.getByRole("button", { name: "Try again" }).click();
    await expect(page.getByRole("log", { name: "What the container printed" })).toContainText("hello from a-secret-place", {
      timeout: 30_000,
    });
    await expect(page.getByText("in 2 runs")).toBeVisible();
  });
  await give("docker.remove", { name, force: true });
});
