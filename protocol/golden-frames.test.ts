import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { commandDataSchemas, commandTypeSchema } from "./agent-commands";
import { fromAgentSchema, toAgentSchema } from "./agent-messages";

// Frames as they once went over the wire. Add files, never edit one: what was sent by an agent in the field must decode for ever.
const directions = { "from-agent": fromAgentSchema, "to-agent": toAgentSchema };

function frames(direction: string): [name: string, frame: unknown][] {
  const folder = fileURLToPath(new URL(`./golden/${direction}/`, import.meta.url));
  return readdirSync(folder).map((file) => [file, JSON.parse(readFileSync(`${folder}${file}`, "utf8"))]);
}

describe.each(Object.entries(directions))("golden frames %s", (direction, schema) => {
  it.each(frames(direction))("decodes %s and loses no field of it", (name, frame) => {
    const decoded: unknown = schema.parse(frame);
    if (name.endsWith(".contract.json")) expect(decoded).toMatchObject(z.looseObject({}).parse(frame));
    else expect(decoded).toEqual(frame);
  });

  it("has every type of message", () => {
    const present = new Set(frames(direction).map(([, frame]) => z.object({ type: z.string() }).parse(frame).type));
    expect([...present].sort()).toEqual([...new Set(schema.options.map((option) => option.shape.type.value))].sort());
  });

  it("ignores a field that it doesn't know", () => {
    for (const [, frame] of frames(direction))
      expect(schema.safeParse({ ...z.looseObject({}).parse(frame), later: true }).success).toBe(true);
  });
});

it("has every command, with data that decodes", () => {
  const commands = frames("to-agent")
    .filter(([name]) => !name.endsWith(".contract.json"))
    .flatMap(([, frame]) => {
      const message = toAgentSchema.parse(frame);
      return message.type === "command" ? [message] : [];
    });
  for (const command of commands) {
    const type = commandTypeSchema.parse(command.command_type);
    expect(commandDataSchemas[type].parse(command.data)).toEqual(command.data);
  }
  expect([...new Set(commands.map((command) => command.command_type))].sort()).toEqual([...commandTypeSchema.options].sort());
});
