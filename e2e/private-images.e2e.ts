import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "@playwright/test";
import { LocalRegistry } from "../agent/testing/local-registry";
import { api } from "./stack/api";
import { pushToRegistry, removeImage } from "./stack/engine";
import { test } from "./stack/journey";
import { sessionOnPage, signIn, stackUrl } from "./stack/people";

test("a private image is refused, says what is missing, and runs once an administrator has entered the registry's password", async ({
  page,
}) => {
  const folder = mkdtempSync(join(tmpdir(), "berth-registry-"));
  const registry = await LocalRegistry.start(folder);
  if (!registry) return test.skip(true, "docker-registry is not on the PATH");
  const berth = api(stackUrl());
  const image = `${registry.address}/team/scratchpad:1`;
  try {
    await pushToRegistry("berth/scratchpad:1", image, { username: "berth", password: "right" });
    await berth.call("POST", "/templates", {
      name: "private-pad",
      display_name: "Private pad",
      category: "Web Apps",
      image,
      display: { protocol: "http", port: 8080 },
      default_resources: { memory: "256Mi", cpu: "500m" },
    });
    await signIn(page);

    await test.step("without a password it says so, and where one goes", async () => {
      const { id } = await berth.createSession({ template: "private-pad" });
      await page.goto(`${stackUrl()}/sessions/${id}`);
      await expect(page.getByText("wants a user name and password").first()).toBeVisible();
      await page.getByRole("link", { name: "Registries", exact: true }).first().click();
      await expect(page).toHaveURL(/\/settings\/registries$/);
    });

    await test.step("what can't be a registry is told at its field", async () => {
      await page.getByRole("button", { name: "Add registry" }).click();
      await page.getByLabel("Registry", { exact: true }).fill("https://registry.example/");
      await page.getByLabel("User name").fill("berth");
      await page.getByLabel("Password or access token").fill("right");
      await page.getByRole("button", { name: "Save" }).click();
      await expect(page.getByText("must be a registry as image names begin with it")).toBeVisible();
      await page.getByLabel("Registry", { exact: true }).fill(registry.address);
      await page.getByRole("button", { name: "Save" }).click();
      await expect(page.getByRole("list", { name: "Image registries" })).toContainText(`${registry.address}as berth`);
    });

    await test.step("the image is fetched with it, and the session runs", async () => {
      await page.goto(`${stackUrl()}/templates/private-pad`);
      await page.getByRole("button", { name: "Try it" }).click();
      const id = await sessionOnPage(page);
      await berth.untilPhase(id, "Running");
      await berth.call("DELETE", `/sessions/${id}`);
    });

    await test.step("the password is nowhere in the page, and can be taken away", async () => {
      await page.goto(`${stackUrl()}/settings/registries`);
      await page.getByRole("button", { name: `Change ${registry.address}` }).click();
      await expect(page.getByLabel("User name")).toHaveValue("berth");
      await expect(page.getByLabel("Password or access token")).toHaveValue("");
      await page.getByRole("button", { name: "Cancel" }).click();
      await page.getByRole("button", { name: `Remove ${registry.address}` }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
      await expect(page.getByText("No private registries")).toBeVisible();
    });
  } finally {
    registry.stop();
    await removeImage(image);
    rmSync(folder, { recursive: true, force: true });
  }
});
