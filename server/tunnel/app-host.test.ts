import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkAppOrigin } from "./app-access";
import { APP_COOKIE, readAppCookie, setsAppCookie, withoutAppCookie } from "./app-cookie";
import { isUnderAppsDomain, parseAppHost } from "./app-host";

const id = "770e8400-e29b-41d4-a716-446655440002";

describe("the host of an app", () => {
  it.each([
    [`s-${id}.apps.localhost`, { sessionId: id, port: null }],
    [`S-${id.toUpperCase()}.Apps.Localhost.:3000`, { sessionId: id, port: null }],
    [`s-${id}-8080.apps.localhost:3000`, { sessionId: id, port: 8080 }],
    [`s-${id}-65536.apps.localhost`, null],
    [`s-${id}-0.apps.localhost`, null],
    [`x.s-${id}.apps.localhost`, null],
    [`s-${id}.apps.localhost.evil.example`, null],
    [`s-${id}.evilapps.localhost`, null],
    ["s-1.apps.localhost", null],
    ["apps.localhost", null],
    [undefined, null],
  ])("%s is %j", (host, expected) => {
    expect(parseAppHost(host, "apps.localhost")).toEqual(expected);
  });

  it("belongs to the apps, whatever stands before the domain, and nothing else does", () => {
    fc.assert(fc.property(fc.domain(), (name) => isUnderAppsDomain(`${name}.apps.localhost:3000`, "apps.localhost")));
    expect(
      ["localhost:3000", "evilapps.localhost", "apps.localhost.evil.example", "", undefined].some((host) =>
        isUnderAppsDomain(host, "apps.localhost"),
      ),
    ).toBe(false);
  });
});

describe("the app's cookie", () => {
  it("is read, and taken out without touching the app's own", () => {
    expect(readAppCookie(`a=1; ${APP_COOKIE}=v.w; b=2`)).toBe("v.w");
    expect(withoutAppCookie(`a=1; ${APP_COOKIE}=v; b=x=y`)).toBe("a=1;  b=x=y".replace("  ", " "));
    expect(withoutAppCookie(`${APP_COOKIE}=v`)).toBeNull();
    expect(withoutAppCookie("__HOST-Berth-App=v; a=1")).toBe("a=1");
  });

  it("never gets through to the app, whatever stands around it", () => {
    const part = fc.stringMatching(/^[a-z =";]{0,12}$/);
    fc.assert(
      fc.property(part, part, (before, after) => !(withoutAppCookie(`${before}; ${APP_COOKIE}=secret;${after}`) ?? "").includes("secret")),
    );
  });

  it("can't be set by the app", () => {
    expect([`${APP_COOKIE}=x; Path=/`, "__host-BERTH-app = x", ` ${APP_COOKIE}=`].every(setsAppCookie)).toBe(true);
    expect(setsAppCookie(`other=${APP_COOKIE}`)).toBe(false);
  });
});

describe("an app's Origin", () => {
  const rule = { scheme: "http:" as const, isSameApp: (host: string) => host.startsWith(`s-${id}.apps.localhost`) };
  const allowed = (method: string, origin: string | undefined, isUpgrade = false) => {
    try {
      checkAppOrigin(method, origin, isUpgrade, rule);
      return true;
    } catch {
      return false;
    }
  };
  it.each([
    ["GET", "http://evil.example", true],
    ["POST", undefined, true],
    ["POST", `http://s-${id}.apps.localhost:3000`, true],
    // What listens on another port of the same session is another app.
    ["POST", `http://s-${id}-8080.apps.localhost:3000`, false],
    ["POST", `https://s-${id}.apps.localhost:3000`, false],
    ["POST", "http://s-880e8400-e29b-41d4-a716-446655440002.apps.localhost", false],
    ["POST", "http://localhost:3000", false],
    ["POST", "null", false],
  ])("%s from %s: %s", (method, origin, expected) => {
    expect(allowed(method, origin)).toBe(expected);
  });

  it("must be there on a WebSocket, and be the app's own", () => {
    expect(allowed("GET", undefined, true)).toBe(false);
    expect(allowed("GET", "http://localhost:3000", true)).toBe(false);
    expect(allowed("GET", `http://s-${id}.apps.localhost`, true)).toBe(true);
  });
});
