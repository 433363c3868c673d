/**
 * Takes what Berth posts, and believes it only where the signature is right. Make a webhook under Settings, Webhooks, and copy its secret.
 *
 *   WEBHOOK_SECRET=whsec_… PORT=8787 npx tsx client/examples/receive-webhooks.ts
 */
import { createServer } from "node:http";
import { verifyWebhook, WebhookRefused } from "../verify-webhook";

const secret = process.env.WEBHOOK_SECRET ?? "";
if (!secret) throw new Error("Set WEBHOOK_SECRET to the webhook's secret");
/** The same event may come more than once. A program that must not do things twice keeps this where it survives. */
const done = new Set<string>();

const server = createServer(async (request, response) => {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  try {
    // The bytes as they came: parsed and written again they may differ, and the signature with them.
    const event = verifyWebhook(secret, request.headers["berth-signature"]?.toString(), Buffer.concat(parts), { toleranceSeconds: 300 });
    if (!done.has(event.id)) console.log(event.type, JSON.stringify(event.data));
    done.add(event.id);
    response.writeHead(204).end();
  } catch (error) {
    if (!(error instanceof WebhookRefused)) throw error;
    response.writeHead(400).end(error.message);
  }
});
server.listen(Number(process.env.PORT ?? 8787), "127.0.0.1", () => console.log("listening", JSON.stringify(server.address())));
