/** Names that a session can't give values to, and why not. */
const reserved: readonly (readonly [pattern: RegExp, why: string])[] = [
  [/^BERTH_/, "Berth sets these itself"],
  [/^(?:DISPLAY|WAYLAND_DISPLAY|XAUTHORITY|XDG_RUNTIME_DIR)$/, "the desktop's image decides where its display is"],
  [/^HOME$/, "the home is where the template says"],
  [/^PATH$/, "the image's programs are found by it; extend it in a shell's profile instead"],
];

/** Why this name can't be set; null where it can. */
export const whyReserved = (name: string): string | null => reserved.find(([pattern]) => pattern.test(name))?.[1] ?? null;
