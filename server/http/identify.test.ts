import { describe, expect, it } from "vitest";
import { requireOrigin } from "../platform/own-origin";
import { identify } from "./identify";
import { OpenSockets } from "./open-sockets";

const login = {
  loginId: "l1",
  userId: "11111111-1111-4111-8111-111111111111",
  username: "ann",
  role: "user" as const,
  accessEpoch: 1,
  expiresAt: new Date(0),
  token: null,
};
const authenticator = {
  fromBearer: async (token: string) => ({ ...login, username: token, via: "bearer" as const }),
  fromCookie: async (cookie: string) => (cookie.includes("good") ? { ...login, via: "cookie" as const } : null),
};

describe("who asks", () => {
  it("is told by the token where there is one, else by the cookie", async () => {
    expect((await identify({ authorization: "bearer abc.def", cookie: "berth-session=good" }, authenticator, "192.0.2.1"))?.username).toBe(
      "abc.def",
    );
    expect((await identify({ cookie: "berth-session=good" }, authenticator, "192.0.2.1"))?.via).toBe("cookie");
    expect(await identify({ cookie: "berth-session=old" }, authenticator, "192.0.2.1")).toBeNull();
    expect(await identify({}, authenticator, "192.0.2.1")).toBeNull();
  });

  it.each(["Basic YTpi", "Bearer", "Bearer a b", `Bearer ${"x".repeat(5000)}`])(
    "is refused for Authorization '%.20s', whatever cookie comes along",
    async (authorization) => {
      await expect(identify({ authorization, cookie: "berth-session=good" }, authenticator, "192.0.2.1")).rejects.toMatchObject({
        code: "AUTH_TOKEN_INVALID",
      });
    },
  );

  it("needs our Origin on an upgrade by cookie", () => {
    expect(() => requireOrigin("https://berth.example", "https://berth.example")).not.toThrow();
    for (const origin of [
      undefined,
      "null",
      "https://evil.example",
      "https://berth.example.evil.example",
      "http://berth.example",
      "https://s-1.apps.berth.example",
    ]) {
      expect(() => requireOrigin(origin, "https://berth.example")).toThrowError(expect.objectContaining({ code: "AUTH_ORIGIN_REFUSED" }));
    }
  });
});

describe("open sockets", () => {
  const open = () => {
    const sockets = new OpenSockets();
    const ended: string[] = [];
    const add = (userId: string, loginId: string, accessEpoch: number) =>
      sockets.add({ userId, loginId, accessEpoch }, (reason) => ended.push(`${userId}/${loginId}/${accessEpoch} ${reason}`));
    return { sockets, ended, add };
  };

  it("end with their login, and no other's", () => {
    const { sockets, ended, add } = open();
    add("ann", "l1", 1);
    add("ann", "l2", 1);
    sockets.endLogin("l1", "signed out");
    sockets.endLogin("l1", "signed out");
    expect([ended, sockets.size]).toEqual([["ann/l1/1 signed out"], 1]);
  });

  it("end when the user's epoch moved on; those of the new epoch stay", () => {
    const { sockets, ended, add } = open();
    add("ann", "l1", 1);
    add("ann", "l2", 2);
    add("bob", "l3", 1);
    sockets.endUser("ann", 2, "role changed");
    expect(ended).toEqual(["ann/l1/1 role changed"]);
    sockets.endUser("ann", null, "disabled");
    expect(ended).toEqual(["ann/l1/1 role changed", "ann/l2/2 disabled"]);
    expect(sockets.userIds()).toEqual(["bob"]);
  });

  it("that were taken out are not ended", () => {
    const { sockets, ended, add } = open();
    add("ann", "l1", 1)();
    sockets.endAll("stopping");
    expect(ended).toEqual([]);
  });
});
