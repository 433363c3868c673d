import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { verifyWebhook } from "../../../client/verify-webhook";
import { makeAsker } from "../../testing/factories";
import { type ServiceKit, startServiceKit } from "../../testing/service-kit";
import { TestClock } from "../../testing/test-clock";
import type { Asker } from "../users/users-schema";
import { PATIENCE_MS } from "./webhook-retries";
import { type Resolve, WebhookSender } from "./webhook-sender";
import { LEASE_MS, WebhooksJobs } from "./webhooks-jobs";
import type { WebhookEventType } from "./webhooks-schema";

type Take = (request: IncomingMessage, response: ServerResponse) => void;
interface Post {
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

let kit: ServiceKit;
let admin: Asker;
const posts: Post[] = [];
/** How the other side answers. */
let take: Take;
const receiver = createServer((request, response) => {
  let body = "";
  request.setEncoding("utf8").on("data", (part: string) => {
    body += part;
  });
  request.on("end", () => {
    posts.push({ headers: request.headers, body });
    take(request, response);
  });
});
const well: Take = (_, response) => void response.end("thanks");
const address = () => `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;

beforeAll(async () => {
  kit = await startServiceKit();
  admin = await makeAsker(kit, "admin");
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
});
afterAll(async () => {
  receiver.closeAllConnections();
  receiver.close();
  await kit.close();
});
beforeEach(async () => {
  take = well;
  posts.length = 0;
  clock = new TestClock(kit.clock.now());
  await kit.database.webhookEndpoint.deleteMany();
});

const as = () => kit.callerOf(admin).webhooks;
const make = (events: WebhookEventType[] = ["template.created"], more: { url?: string; allowPrivate?: boolean } = {}) =>
  as().create({ name: "hook", url: address(), events, allowPrivate: true, ...more });
/** Days go by without all else that happens meanwhile. */
let clock: TestClock;
const jobs = (options: { timeoutMs?: number; resolve?: Resolve } = {}, retentionDays = 30) =>
  new WebhooksJobs({ ...kit, clock, audit: kit.services.audit, sender: new WebhookSender(options), retentionDays });
const log = async (id: string) => (await as().deliveries({ id })).deliveries;
const happen = (name: string) =>
  kit.database.$transaction((tx) => kit.outbox.write(tx, { type: "template.created", data: { template: { name } } }));
const namesPosted = () => posts.map(({ body }) => JSON.parse(body).data.template?.name);

describe("an event", () => {
  it("is posted as JSON, signed so that the client's check finds it right, with the ids of event and delivery", async () => {
    const { id, secret } = await make();
    await happen("one");
    await jobs().wake();
    const [post] = posts;
    const event = verifyWebhook(secret, String(post?.headers["berth-signature"]), post?.body ?? "", { now: kit.clock.now() });
    expect(event).toMatchObject({
      type: "template.created",
      createdAt: kit.clock.now().toISOString(),
      data: { template: { name: "one" } },
    });
    expect(post?.headers["content-type"]).toBe("application/json");
    const [delivery] = await log(id);
    expect(delivery).toMatchObject({ state: "delivered", attempts: 1, status: 200, answer: "thanks", problem: null, eventId: event.id });
    expect(post?.headers["berth-delivery"]).toBe(delivery?.id);
  });

  it("comes to endpoints that listen to it and are on, under one id, and not where its change was rolled back", async () => {
    const [first, second] = [await make(), await make()];
    await make(["user.created"]);
    await as().update({ id: (await make()).id, active: false });
    await expect(
      kit.database.$transaction(async (tx) => {
        await kit.outbox.write(tx, { type: "template.created", data: {} });
        throw new Error("rolled back");
      }),
    ).rejects.toThrow("rolled back");
    await happen("one");
    await jobs().wake();
    expect(posts).toHaveLength(2);
    expect((await log(first.id))[0]?.eventId).toBe((await log(second.id))[0]?.eventId);
  });

  it("comes in the order in which things happened", async () => {
    await make();
    for (const name of ["a", "b", "c", "d"]) await happen(name);
    await jobs().wake();
    expect(namesPosted()).toEqual(["a", "b", "c", "d"]);
  });

  it("is sent without being told, by the poll and by what else happens", async () => {
    const { id } = await make();
    const running = jobs();
    running.start();
    await happen("one");
    await clock.advance(5_000);
    await vi.waitFor(async () => expect((await log(id))[0]?.state).toBe("delivered"));
    await running.stop();
  });
});

describe("a delivery that fails", () => {
  it("is tried again after a pause, with the same ids and body, while others go on", async () => {
    const { id } = await make();
    take = (_, response) => void response.writeHead(503).end("x".repeat(5_000));
    await happen("one");
    const sending = jobs();
    await sending.wake();
    const [failed] = await log(id);
    expect(failed).toMatchObject({ state: "pending", attempts: 1, status: 503, problem: "It answered 503", answer: "x".repeat(1024) });
    expect((await as().get({ id })).failingSince).toEqual(clock.now());
    take = well;
    await happen("two");
    await sending.wake();
    expect(namesPosted()).toEqual(["one", "two"]);
    await clock.advance(40_000);
    await sending.wake();
    expect(namesPosted()).toEqual(["one", "two", "one"]);
    expect(posts[2]?.body).toBe(posts[0]?.body);
    expect(posts[2]?.headers["berth-delivery"]).toBe(posts[0]?.headers["berth-delivery"]);
    expect((await log(id)).map(({ state }) => state)).toEqual(["delivered", "delivered"]);
    expect((await as().get({ id })).failingSince).toBeNull();
  });

  it("is given up after eight tries, and sent again by hand", async () => {
    const { id } = await make();
    take = (_, response) => void response.writeHead(500).end();
    await happen("one");
    const sending = jobs();
    for (let hours = 0; hours < 60; hours += 1) {
      await sending.wake();
      await clock.advance(3_600_000);
    }
    const [given] = await log(id);
    expect(given).toMatchObject({ state: "failed", attempts: 8, nextAttemptAt: null });
    take = well;
    await as().sendAgain({ id, deliveryId: given?.id ?? "" });
    await sending.wake();
    expect((await log(id))[0]).toMatchObject({ id: given?.id, state: "delivered", attempts: 9 });
  });

  it("switches its endpoint off after days of nothing else, says so, and leaves nothing waiting", async () => {
    const { id } = await make();
    take = (_, response) => void response.writeHead(500).end();
    const sending = jobs();
    await happen("one");
    await sending.wake();
    await clock.advance(PATIENCE_MS - 60_000);
    await happen("two");
    await sending.wake();
    expect(await as().get({ id })).toMatchObject({ active: true });
    await clock.advance(60_000);
    await happen("three");
    await happen("four");
    await sending.wake();
    expect(await as().get({ id })).toMatchObject({ active: false, switchedOffAt: clock.now() });
    expect((await log(id)).map(({ state }) => state)).not.toContain("pending");
    expect((await kit.callerOf(admin).system.status()).notices.join()).toContain("The webhook 'hook' was switched off");
    expect((await kit.callerOf(await makeAsker(kit)).system.status()).notices.join()).not.toContain("webhook");
    await as().update({ id, active: true });
    expect(await as().get({ id })).toMatchObject({ active: true, switchedOffAt: null, failingSince: null });
  });

  it("was answered by a redirect, which is not followed, or not in time", async () => {
    const { id } = await make();
    take = (_, response) => void response.writeHead(307, { location: `${address()}/elsewhere` }).end();
    await happen("one");
    await jobs().wake();
    expect(posts).toHaveLength(1);
    expect((await log(id))[0]).toMatchObject({ status: 307, problem: "It redirects (307); redirects are not followed" });
    take = () => {};
    await happen("two");
    await jobs({ timeoutMs: 200 }).wake();
    expect((await log(id))[0]).toMatchObject({ status: null, problem: "No answer within 0.2 s", attempts: 1 });
  });
});

describe("an address inside", () => {
  const problemAt = async (url: string, resolve?: Resolve) => {
    const { id } = await make(undefined, { url, allowPrivate: false });
    await happen("one");
    await jobs(resolve && { resolve }).wake();
    return (await log(id))[0]?.problem;
  };

  it("is refused when it is given, unless it was allowed, and when that is taken back", async () => {
    for (const url of [
      "http://127.0.0.1/",
      "http://2130706433/",
      "http://[::1]/",
      "http://localhost:3000/",
      "http://169.254.169.254/latest",
    ])
      await expect(make(undefined, { url, allowPrivate: false }), url).rejects.toMatchObject({ cause: { code: "VALIDATION_FAILED" } });
    await expect(make(undefined, { url: "http://0.0.0.0/" })).rejects.toThrow("no address to send to");
    const { id } = await make();
    await expect(as().update({ id, allowPrivate: false })).rejects.toThrow("private");
    for (const url of ["ftp://example.net/", "https://me:secret@example.net/", "example.net"])
      await expect(make(undefined, { url })).rejects.toThrow();
  });

  it("is refused behind a name, also where only one of its addresses is inside", async () => {
    const port = (receiver.address() as AddressInfo).port;
    expect(await problemAt(`http://inside.example:${port}/`, async () => ["127.0.0.1"])).toMatch(
      "'inside.example' is 127.0.0.1 is a private",
    );
    expect(await problemAt(`http://mixed.example:${port}/`, async () => ["93.184.216.34", "::ffff:10.0.0.1"])).toMatch("private");
    expect(await problemAt(`http://none.example:${port}/`, async () => [])).toMatch("has no address");
    expect(posts).toEqual([]);
  });

  it("is not reached by a name that is public when it is checked and inside when it is connected to", async () => {
    const asked: string[] = [];
    // 192.0.2.1 would be refused; 93.184.216.34 is public, and nothing here answers for it.
    const rebinding: Resolve = async (name) => {
      asked.push(name);
      return asked.length === 1 ? ["93.184.216.34"] : ["127.0.0.1"];
    };
    const { port } = receiver.address() as AddressInfo;
    const { id } = await make(undefined, { url: `http://rebinding.example:${port}/`, allowPrivate: false });
    await happen("one");
    const sending = jobs({ resolve: rebinding, timeoutMs: 300 });
    await sending.wake();
    expect(asked).toEqual(["rebinding.example"]);
    expect((await log(id))[0]).toMatchObject({ state: "pending", status: null });
    await clock.advance(40_000);
    await sending.wake();
    expect((await log(id))[0]?.problem).toMatch("private, loopback or link-local");
    expect(posts).toEqual([]);
  });
});

describe("two control planes", () => {
  it("send each delivery once", async () => {
    await make();
    await make();
    for (let n = 0; n < 20; n += 1) await happen(String(n));
    await Promise.all([jobs().wake(), jobs().wake(), jobs().wake()]);
    const ids = posts.map(({ headers }) => headers["berth-delivery"]);
    expect(ids).toHaveLength(40);
    expect(new Set(ids).size).toBe(40);
  });

  it("deliver again, with the same id, what one of them sent and did not live to write down", async () => {
    const { id } = await make();
    await happen("one");
    const dying = jobs();
    take = () => void dying.stop();
    await dying.wake();
    expect((await log(id))[0]).toMatchObject({ state: "pending", attempts: 0 });
    // One that was killed leaves its lease behind.
    await kit.database.webhookEndpoint.update({
      where: { id },
      data: { leaseToken: kit.ids.uuid(), leaseExpiresAt: new Date(clock.now().getTime() + LEASE_MS) },
    });
    take = well;
    await jobs().wake();
    expect(posts).toHaveLength(1);
    await clock.advance(LEASE_MS);
    await jobs().wake();
    expect(posts.map(({ headers }) => headers["berth-delivery"])).toEqual(Array(2).fill((await log(id))[0]?.id));
    expect((await log(id))[0]).toMatchObject({ state: "delivered" });
  });
});

describe("webhooks", () => {
  it("tell their secret when it is made and keep it sealed; a new one signs from then on", async () => {
    const { id, secret } = await make();
    expect(secret).toMatch(/^whsec_/);
    expect(JSON.stringify([await as().list(), await kit.database.webhookEndpoint.findMany()])).not.toContain(secret);
    const renewed = await as().rotateSecret({ id });
    await as().test({ id });
    await jobs().wake();
    const signature = String(posts[0]?.headers["berth-signature"]);
    expect(verifyWebhook(renewed.secret, signature, posts[0]?.body ?? "", { now: kit.clock.now() })).toMatchObject({
      type: "webhook.test",
    });
    expect(() => verifyWebhook(secret, signature, posts[0]?.body ?? "", { now: kit.clock.now() })).toThrow();
    const { entries } = await kit.callerOf(admin).audit.list({ targetId: id });
    expect(entries.map(({ action }) => action)).toEqual(["webhooks.test", "webhooks.rotate_secret", "webhooks.create"]);
    expect(JSON.stringify(entries)).not.toContain("whsec_");
  });

  it("forget what was delivered long ago, and not what waits", async () => {
    const { id } = await make();
    await happen("old");
    await jobs().wake();
    await happen("waiting");
    clock = new TestClock(new Date(clock.now().getTime() + 31 * 86_400_000));
    expect(await jobs({}, 0).sweep()).toBe(0);
    expect(await jobs().sweep()).toBe(1);
    expect((await log(id)).map(({ body }) => JSON.parse(body).data.template.name)).toEqual(["waiting"]);
  });

  it("are gone with what they would be sent, and can't be had back", async () => {
    const { id } = await make();
    await happen("one");
    await as().remove({ id });
    await jobs().wake();
    expect(posts).toEqual([]);
    await expect(as().get({ id })).rejects.toMatchObject({ cause: { code: "WEBHOOK_NOT_FOUND" } });
  });
});
