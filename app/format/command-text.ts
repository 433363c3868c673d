/** An argument a line; as a JSON list where a line would not say it. */
export const commandText = (command: readonly string[]): string => {
  const plain = command.join("\n");
  return argumentsOf(plain).join("\0") === command.join("\0") ? plain : JSON.stringify(command);
};

/** An argument a line, as it is typed but for what surrounds it all; or the texts of a JSON list. Nothing typed is no command. */
export function argumentsOf(text: string): string[] {
  const typed = text.replace(/^\n+|\s+$/g, "");
  if (typed === "") return [];
  if (typed.trimStart().startsWith("[")) {
    const list = readJson(typed);
    if (Array.isArray(list) && list.every((argument) => typeof argument === "string")) return list;
  }
  return typed.split("\n");
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
