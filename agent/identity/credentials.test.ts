import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { FakeAuthority } from "../testing/fake-authority";
import { KeyCredentials } from "./credentials";
import { makeKeyPair } from "./key-pair";

describe("what an agent shows at a dial", () => {
  it("is read once for each certificate, and anew after a renewal", async () => {
    const authority = new FakeAuthority();
    const agentId = randomUUID();
    const { key, csr } = await makeKeyPair("host-1");
    const first = await authority.issue(agentId, "host-1", csr);
    const credentials = new KeyCredentials({ agentId, key, token: "", certificate: first }, () => new Date());
    const shown = credentials.tls();
    expect(shown).toMatchObject({ cert: first.cert, key });
    expect(credentials.tls().secureContext).toBe(shown.secureContext);
    const second = await authority.issue(agentId, "host-1", csr);
    credentials.replace(second);
    expect(credentials.tls()).toMatchObject({ cert: second.cert, key });
    expect(credentials.tls().secureContext).not.toBe(shown.secureContext);
  });
});
