import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { goToSignIn, renewingLogin } from "./go-to-sign-in";

const assign = vi.fn();

beforeEach(() => {
  assign.mockClear();
  vi.stubGlobal("window", { location: { pathname: "/sessions", search: "?state=running", assign } });
});
afterEach(() => vi.unstubAllGlobals());

describe("a page whose login is over", () => {
  it("goes to sign in, and knows the way back", () => {
    goToSignIn();
    expect(assign).toHaveBeenCalledWith("/sign-in?next=%2Fsessions%3Fstate%3Drunning");
  });

  it("stays while it renews its login, and by what began under the old one however late that is refused", async () => {
    const begunAt = performance.now();
    await renewingLogin(async () => goToSignIn());
    goToSignIn(begunAt - 1);
    expect(assign).not.toHaveBeenCalled();
  });

  it("goes by what began after the renewal", async () => {
    await renewingLogin(async () => {});
    goToSignIn(performance.now());
    expect(assign).toHaveBeenCalledTimes(1);
  });
});
