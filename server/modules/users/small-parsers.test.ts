import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openAppPass, sealAppPass } from "../sessions/ports/app-pass";
import { sessionName } from "../sessions/session-name";
import { cookieValue } from "./login-cookie";
import { usernameFor } from "./oidc-username";
import { checkPassword, hashPassword } from "./password";
import { usernameSchema } from "./users-schema";

describe("a username for a person from an identity provider", () => {
  it("can always be one", () => {
    fc.assert(
      fc.property(
        fc.option(fc.string()),
        fc.option(fc.string({ unit: "grapheme" })),
        (email, name) => usernameSchema.safeParse(usernameFor({ email, name })).success,
      ),
    );
  });
});

describe("a session's name", () => {
  it("can always be a container's, whatever the user and template are called", () => {
    const name = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,62}$/);
    fc.assert(
      fc.property(name, name, (user, template) => /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(sessionName(user, template, "abc123"))),
    );
    expect(sessionName("john.doe", "firefox-browser", "abc123")).toBe("john-doe-firefox-browser-abc123");
  });
});

describe("a cookie's value", () => {
  it("is found by its exact name among any others", () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-z]{1,8}=[a-z0-9]{0,8}$/)), (others) => {
        const header = [...others.filter((pair) => !pair.startsWith("wanted=")), "wanted=here", "wanted=later"].join("; ");
        expect(cookieValue(header, "wanted")).toBe("here");
      }),
    );
    expect(cookieValue("xwanted=1; wanted2=2; Wanted=3", "wanted")).toBeNull();
  });
});

describe("a password", () => {
  it("is kept as argon2id with OWASP's cost, and matches itself alone", async () => {
    const stored = await hashPassword("pässword with ünïcode");
    expect(stored).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await checkPassword(stored, "pässword with ünïcode")).toBe(true);
    expect(await checkPassword(stored, "password")).toBe(false);
    expect(await checkPassword(null, "nobody has this password")).toBe(false);
    expect(await checkPassword("not a hash", "x")).toBe(false);
  });
});

describe("the pass of a web app", () => {
  const key = new Uint8Array(32).fill(1);
  it("opens as it was sealed and in no other way", () => {
    const pass = {
      sessionId: "00000000-0000-4000-8000-000000000001",
      port: null,
      userId: "00000000-0000-4000-8000-000000000002",
      loginId: "l",
      accessEpoch: 3,
      shareId: null,
      note: null,
      expires: 5,
    };
    const sealed = sealAppPass(pass, key);
    expect(openAppPass(sealed, key)).toEqual(pass);
    expect(openAppPass(sealed, new Uint8Array(32))).toBeNull();
    fc.assert(
      fc.property(fc.nat(sealed.length - 1), fc.constantFrom("A", "b", "0", "."), (at, letter) => {
        const changed = sealed.slice(0, at) + letter + sealed.slice(at + 1);
        return changed === sealed || openAppPass(changed, key) === null;
      }),
    );
    fc.assert(fc.property(fc.string(), (nonsense) => openAppPass(nonsense, key) === null));
  });
});
