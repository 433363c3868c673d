import { spawn } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { signatureOf } from "../server/modules/webhooks/webhook-signature";
import { verifyWebhook, WebhookRefused } from "./verify-webhook";

const now = new Date("2026-11-22T10:00:00Z");
const event = { id: "e1", type: "session.failed", createdAt: now.toISOString(), data: { session: { name: "Grüße" } } };
const body = JSON.stringify(event);

describe("a webhook's signature", () => {
  it("is found right as the control plane makes it, by any of several secrets, and gives the event", () => {
    expect(verifyWebhook("s1", signatureOf("s1", now, body), body, { now })).toEqual(event);
    expect(verifyWebhook(["new", "s1"], signatureOf("s1", now, body), Buffer.from(body), { now })).toEqual(event);
  });

  it("is refused of another secret, another body and another moment", () => {
    const header = signatureOf("s1", now, body);
    const later = new Date(now.getTime() + 301_000);
    expect(() => verifyWebhook("s2", header, body, { now })).toThrow(WebhookRefused);
    expect(() => verifyWebhook("s1", header, `${body} `, { now })).toThrow(WebhookRefused);
    expect(() => verifyWebhook("s1", header, body, { now: later })).toThrow("too old");
    expect(() => verifyWebhook("s1", signatureOf("s1", later, body), body, { now })).toThrow(WebhookRefused);
    expect(verifyWebhook("s1", header, body, { now: later, toleranceSeconds: 400 })).toEqual(event);
    expect(() => verifyWebhook("s1", header.replace(/t=\d+/, "t=1"), body, { now: new Date(1000) })).toThrow("not of this secret");
  });

  it("is refused whatever else stands in its place", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.constantFrom(null, undefined, "t=,v1=", "v1=00", "t=1", `t=${now.getTime() / 1000},v1=`)),
        (header) => {
          expect(() => verifyWebhook("s1", header, body, { now })).toThrow(WebhookRefused);
        },
      ),
    );
  });
});

it("the example prints an event once, however often it comes, and refuses what is not signed with its secret", async () => {
  const example = spawn(process.execPath, ["--import", "tsx", "client/examples/receive-webhooks.ts"], {
    env: { ...process.env, WEBHOOK_SECRET: "s1", PORT: "0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    let said = "";
    example.stdout.setEncoding("utf8").on("data", (part: string) => {
      said += part;
    });
    const port = await vi.waitFor(() => z.string().parse(/"port":(\d+)/.exec(said)?.[1]));
    const post = async (secret: string) => {
      const headers = { "berth-signature": signatureOf(secret, new Date(), body) };
      return (await fetch(`http://127.0.0.1:${port}/`, { method: "POST", headers, body })).status;
    };
    expect([await post("s1"), await post("s1"), await post("another")]).toEqual([204, 204, 400]);
    await vi.waitFor(() => expect(said.trim().split("\n").slice(1)).toEqual([`session.failed ${JSON.stringify(event.data)}`]));
  } finally {
    example.kill();
  }
});
