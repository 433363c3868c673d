/** Turns a frame from the control plane into a message, or into the words with which it is refused. */
import { type FromAgentOf, type ToAgent, toAgentSchema } from "@berth/protocol/agent-messages";
import { z } from "zod";

type Refusal = FromAgentOf<"error">;
const knownTypes = new Set<string>(toAgentSchema.options.map((option) => option.shape.type.value));
const envelopeSchema = z.object({ type: z.string(), command_id: z.string().max(100).optional().catch(undefined) });

export function readIncoming(text: string): { message: ToAgent } | { refusal: Refusal } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refuse(`not JSON: ${JSON.stringify(text.slice(0, 60))}`);
  }
  const envelope = envelopeSchema.safeParse(value);
  if (!envelope.success) return refuse("a message needs a field 'type'");
  const { type, command_id } = envelope.data;
  if (!knownTypes.has(type)) return refuse(`unknown message type '${type.slice(0, 60)}'`, command_id);
  const parsed = toAgentSchema.safeParse(value);
  if (parsed.success) return { message: parsed.data };
  const problems = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; ");
  return refuse(`${type} is malformed: ${problems}`, command_id);
}

function refuse(message: string, commandId?: string): { refusal: Refusal } {
  return { refusal: { type: "error", code: "MESSAGE_INVALID", message: message.slice(0, 1000), command_id: commandId } };
}
