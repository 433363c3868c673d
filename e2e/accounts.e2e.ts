import { type Browser, expect, type Page } from "@playwright/test";
import { Secret, TOTP } from "otpauth";
import { api } from "./stack/api";
import { test } from "./stack/journey";
import { signIn, signInByForm, stackUrl } from "./stack/people";
import { addressOf } from "./stack/stack";

const password = "a-password-of-mia";

/** The code of now, or of that many steps later: an app whose clock is a little ahead. */
const codeOf = (secret: string, steps = 0) =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: Date.now() + steps * 30_000 });

/** A browser of its own, at an address of its own. */
async function browserAt(browser: Browser, place: string): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  await page.setExtraHTTPHeaders({ "x-forwarded-for": addressOf(place) });
  return page;
}

async function firstStep(page: Page): Promise<void> {
  await page.goto(`${stackUrl()}/sign-in`);
  await page.getByLabel("Username").fill("mia");
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

test("a second factor is set up with an app, asked for at the next sign-in, and a recovery code stands in for it", async ({
  page,
  browser,
}) => {
  await api(stackUrl()).call("POST", "/users", { username: "mia", password, role: "user" });
  await signInByForm(page, "mia", password);
  await page.goto(`${stackUrl()}/settings/security`);
  await page.getByRole("button", { name: "Set up a second factor…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Your password").fill("not it");
  await dialog.getByRole("button", { name: "Continue" }).click();
  await expect(dialog.getByText("The password is not right")).toBeVisible();
  await dialog.getByLabel("Your password").fill(password);
  await dialog.getByRole("button", { name: "Continue" }).click();
  await expect(dialog.getByRole("img", { name: "QR code for the authenticator app" })).toBeVisible();
  const secret = (await dialog.getByRole("button", { name: /^Copy secret/ }).getAttribute("title")) ?? "";
  await expect(dialog.getByLabel("Code that the app shows now")).toBeFocused();
  await dialog.getByLabel("Code that the app shows now").fill("000000");
  await dialog.getByRole("button", { name: "Turn on" }).click();
  await expect(dialog.getByText("This code is not right")).toBeVisible();
  await dialog.getByLabel("Code that the app shows now").fill(codeOf(secret));
  await dialog.getByRole("button", { name: "Turn on" }).click();
  await expect(dialog.getByRole("heading", { name: "Your recovery codes" })).toBeVisible();
  const recoveryCodes = await dialog.getByRole("list", { name: "Recovery codes" }).getByRole("listitem").allInnerTexts();
  expect(recoveryCodes).toHaveLength(10);
  await dialog.getByRole("button", { name: "I have kept them" }).click();
  await expect(page.getByText("10 recovery codes left")).toBeVisible();

  const laptop = await browserAt(browser, "mia's laptop");
  await test.step("signing in with a code", async () => {
    await firstStep(laptop);
    await laptop.getByLabel("Code").fill("000000");
    await laptop.getByRole("button", { name: "Continue" }).click();
    await expect(laptop.getByText("Username, password or code is wrong.")).toBeVisible();
    await laptop.getByLabel("Code").fill(codeOf(secret, 1));
    await laptop.getByRole("button", { name: "Continue" }).click();
    await expect(laptop.getByRole("navigation").first()).toBeVisible();
  });

  await test.step("signing in with a recovery code, on a phone and by keyboard", async () => {
    const phone = await browserAt(browser, "mia's phone");
    await phone.setViewportSize({ width: 390, height: 844 });
    await firstStep(phone);
    await phone.getByRole("button", { name: "Use a recovery code" }).press("Enter");
    await phone.getByLabel("Recovery code").fill(recoveryCodes[0] ?? "");
    await phone.getByLabel("Recovery code").press("Enter");
    await expect(phone.getByRole("navigation", { name: "Main, phone" })).toBeVisible();
    await phone.goto(`${stackUrl()}/settings/security`);
    await expect(phone.getByText("9 recovery codes left")).toBeVisible();
    await expect(phone.getByRole("list", { name: "Your logins" }).getByRole("listitem")).toHaveCount(3);
    await phone.context().close();
  });

  await test.step("changing the password stays on the page, though a sign-in would ask for a code", async () => {
    await page.getByLabel("Current password").fill(password);
    await page.getByLabel("New password", { exact: true }).fill(`${password}-2`);
    await page.getByLabel("New password again").fill(`${password}-2`);
    await page.getByRole("button", { name: "Change password" }).click();
    await expect(page.getByText("Changed. Every other login of yours has ended.")).toBeVisible();
    await expect(laptop).toHaveURL(/\/sign-in/, { timeout: 15_000 });
    await expect(page.getByRole("list", { name: "Your logins" }).getByRole("listitem")).toHaveCount(1);
    await laptop.context().close();
  });
});

test("signing out everywhere ends another browser at once, and this one", async ({ page, browser }) => {
  await api(stackUrl()).call("POST", "/users", { username: "ned", password: "a-password-of-ned", role: "user" });
  const other = await browserAt(browser, "ned's other");
  await signInByForm(other, "ned", "a-password-of-ned");
  await signInByForm(page, "ned", "a-password-of-ned");
  await page.goto(`${stackUrl()}/settings/security`);
  await expect(page.getByRole("list", { name: "Your logins" }).getByRole("listitem")).toHaveCount(2);
  await page.getByRole("button", { name: "Sign out everywhere…" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Sign out everywhere" }).click();
  await expect(other).toHaveURL(/\/sign-in/, { timeout: 5_000 });
  await expect(page).toHaveURL(/\/sign-in/);
  await other.context().close();
});

test("an administrator invites someone, who chooses a password by the link, once; and signs them out", async ({ page, browser }) => {
  await signIn(page);
  await page.goto(`${stackUrl()}/users`);
  await page.getByRole("button", { name: "Add user" }).click();
  await page.getByLabel("Username").fill("olga");
  await page.getByRole("radio", { name: /^Operator/ }).check();
  await page.getByRole("dialog").getByRole("button", { name: "Invite" }).click();
  const link = await page.getByRole("dialog").locator("code").innerText();
  await page.getByRole("button", { name: "Done" }).click();
  await expect(page.getByRole("row").filter({ hasText: "olga" })).toContainText("Invited");

  const olga = await browserAt(browser, "olga");
  await olga.goto(link);
  await olga.getByLabel("Password", { exact: true }).fill("chosen by olga");
  await olga.getByLabel("Password again").fill("chosen by olga");
  await olga.getByRole("button", { name: "Set password and sign in" }).click();
  await expect(olga.getByRole("navigation").first()).toBeVisible();
  await expect(page.getByRole("row").filter({ hasText: "olga" })).toContainText("Active");

  const late = await browserAt(browser, "late");
  await late.goto(link);
  await expect(late.getByText("This link was used, has been replaced or has run out.")).toBeVisible();
  await late.context().close();

  await page.getByRole("link", { name: "olga" }).click();
  await expect(page.getByRole("heading", { name: "olga", level: 1 })).toBeVisible();
  await expect(page.getByRole("list", { name: "Last sign-ins" })).toContainText("auth.sign_in");
  await expect(page.getByRole("list", { name: "Done to this account" })).toContainText("users.invite");
  await page.getByRole("button", { name: "Actions" }).click();
  await page.getByRole("menuitem", { name: "Sign out everywhere…" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Sign out everywhere" }).click();
  await expect(olga).toHaveURL(/\/sign-in/, { timeout: 5_000 });
  await olga.context().close();
});

test("theme and time zone go along to the next browser", async ({ page, browser }) => {
  await api(stackUrl()).call("POST", "/users", { username: "pia", password: "a-password-of-pia", role: "user" });
  await signInByForm(page, "pia", "a-password-of-pia");
  await page.goto(`${stackUrl()}/settings/preferences`);
  const saved = page.waitForResponse((answer) => answer.url().includes("account.update") && answer.ok());
  await page.getByRole("radio", { name: "Dark" }).check({ force: true });
  await saved;
  await page.getByLabel("Times are shown in").selectOption("Pacific/Kiritimati");
  await expect(page.getByText(/Now it is .*(GMT\+14|LINT)/)).toBeVisible();

  const other = await browserAt(browser, "pia's other");
  await signInByForm(other, "pia", "a-password-of-pia");
  await expect(other.locator("html")).toHaveAttribute("data-theme", "dark");
  await other.goto(`${stackUrl()}/settings/profile`);
  await expect(
    other
      .getByText("just now")
      .or(other.getByText(/ s ago/))
      .first(),
  ).toHaveAttribute("title", /GMT\+14|LINT/);
  await other.context().close();
});
