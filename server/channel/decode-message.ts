import { type FromAgent, fromAgentSchema } from "@berth/protocol/agent-messages";
import { z } from "zod";
import { validationError } from "../platform/errors";

const knownTypes = fromAgentSchema.options.map((option) => option.shape.type.value);
const envelopeSchema = z.object({ type: z.string(), command_id: z.string().max(100).optional().catch(undefined) });

export type Decoded = { ok: true; message: FromAgent } | { ok: false; problem: string; commandId: string | undefined };

/** Reads one text frame. What is wrong with it is said in words that name the message and the field. */
export function decodeMessage(text: string): Decoded {
  const refuse = (problem: string, commandId?: string): Decoded => ({ ok: false, problem: problem.slice(0, 1000), commandId });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return refuse("The frame is not JSON");
  }
  const envelope = envelopeSchema.safeParse(json);
  if (!envelope.success) return refuse("type: every message is an object with a 'type'");
  const { type, command_id } = envelope.data;
  if (!knownTypes.some((known) => known === type)) {
    return refuse(`Unknown message type '${type.slice(0, 60)}'; known are ${knownTypes.join(", ")}`, command_id);
  }
  const parsed = fromAgentSchema.safeParse(json);
  return parsed.success ? { ok: true, message: parsed.data } : refuse(`${type}: ${validationError(parsed.error).message}`, command_id);
}
