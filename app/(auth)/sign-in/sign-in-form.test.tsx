import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, it } from "vitest";
import { SignInForm } from "./sign-in-form";

describe("the sign-in form, before its scripts answer", () => {
  it("can't be sent, and would never put a password into the address", () => {
    const html = renderToStaticMarkup(<SignInForm next="/" oidc={false} error={null} />);
    expect(html).toMatch(/<form[^>]*method="post"/);
    expect(html).toMatch(/<button[^>]*type="submit"[^>]*disabled|<button[^>]*disabled[^>]*type="submit"/);
  });
});
