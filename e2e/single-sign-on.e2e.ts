import { expect, type Page } from "@playwright/test";
import getPort from "get-port";
import { z } from "zod";
import { api } from "./stack/api";
import { type IdentityProvider, startIdentityProvider } from "./stack/identity-provider";
import { test } from "./stack/journey";
import { type Stack, startStack } from "./stack/stack";

/** A stack that knows an identity provider. */
let stack: Stack;
let provider: IdentityProvider;

test.beforeAll(async () => {
  stack = await startStack({
    env: async (url) => {
      provider = await startIdentityProvider(url, await getPort(), {
        ada: { email: "ada.l@example.org", emailVerified: true },
        mallory: { email: "grace@example.org", emailVerified: false },
      });
      return { ...provider.settings };
    },
  });
});
test.beforeEach(() => {
  provider.fault = null;
});
test.afterAll(async () => {
  await stack.stop();
  await provider.stop();
});

/** Through Berth's page and the provider's, until one of them brings the person back. */
async function signInAs(page: Page, person: string, path = "/sign-in"): Promise<void> {
  await page.goto(`${stack.url}${path}`);
  await page.getByRole("button", { name: "Single sign-on" }).click();
  await page.waitForURL(`${provider.issuer}/interaction/**`);
  await page.getByPlaceholder("Enter any login").fill(person);
  await page.getByPlaceholder("and password").fill("any");
  await page.getByRole("button", { name: "Sign-in" }).click();
  await page.waitForURL(`${stack.url}/**`);
}

const usersSchema = z.object({
  users: z.array(z.object({ id: z.string(), username: z.string(), email: z.string().nullable(), role: z.string() })),
});
const users = async () => usersSchema.parse(await api(stack.url).call("GET", "/users")).users;
const hasLogin = async (page: Page) => (await page.context().cookies()).some(({ name }) => name === "berth-session");

test("a person signs in with the identity provider, becomes a user of that name, and is the same one the next time", async ({
  page,
  browser,
}) => {
  await signInAs(page, "ada", "/sign-in?next=/templates");
  await expect(page).toHaveURL(`${stack.url}/templates`);
  await expect(page.getByRole("heading", { name: "Templates", level: 1 })).toBeVisible();
  const made = (await users()).filter(({ username }) => username === "ada.l");
  expect(made).toMatchObject([{ email: "ada.l@example.org", role: "user" }]);

  const elsewhere = await (await browser.newContext()).newPage();
  await signInAs(elsewhere, "ada");
  await expect(elsewhere.getByRole("navigation").first()).toBeVisible();
  expect((await users()).filter(({ username }) => username.startsWith("ada"))).toHaveLength(1);
  await elsewhere.context().close();

  await test.step("a disabled one is out and is told so at the next try", async () => {
    await api(stack.url).call("PATCH", `/users/${made[0]?.id}`, { active: false });
    await expect(page).toHaveURL(/\/sign-in/, { timeout: 15_000 });
    const again = await (await browser.newContext()).newPage();
    await signInAs(again, "ada");
    await expect(again.getByText("This account may not sign in here. Ask an administrator.")).toBeVisible();
    expect(await hasLogin(again)).toBe(false);
    await again.context().close();
  });
});

test("an address that the provider has not verified is not believed", async ({ page }) => {
  await signInAs(page, "mallory");
  await expect(page.getByRole("navigation").first()).toBeVisible();
  expect((await users()).map(({ email }) => email)).not.toContain("grace@example.org");
});

for (const fault of ["another state", "another nonce", "another PKCE challenge"] as const) {
  test(`an answer to ${fault} than was asked with signs nobody in, and says so`, async ({ page }) => {
    provider.fault = fault;
    await signInAs(page, "ada");
    await expect(page.getByText("The identity provider did not confirm who you are. Try again.")).toBeVisible();
    expect(await hasLogin(page)).toBe(false);
  });
}

test("an answer of the provider works once, and in no other browser", async ({ page, browser }) => {
  const answers: string[] = [];
  page.on("request", (request) => {
    if (request.url().startsWith(`${stack.url}/api/auth/callback/oidc`)) answers.push(request.url());
  });
  await signInAs(page, "mallory");
  const answer = answers[0] ?? "";
  expect(answer).toContain("code=");
  const other = await (await browser.newContext()).newPage();
  await other.goto(answer);
  await expect(other.getByText("The identity provider did not confirm who you are. Try again.")).toBeVisible();
  expect(await hasLogin(other)).toBe(false);
  await other.context().close();
});

test("while the provider can't be reached the page says so, and a password still works", async ({ page }) => {
  await provider.stop();
  await page.goto(`${stack.url}/sign-in`);
  await page.getByRole("button", { name: "Single sign-on" }).click();
  await expect(page.getByText("The identity provider can’t be reached. Try again in a moment.")).toBeVisible();
  await api(stack.url).call("GET", "/users");
});
