import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const css = readFileSync(new URL("../globals.css", import.meta.url), "utf8");
const tokens = new Map(
  [...css.matchAll(/--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g)].map(([, name, light, dark]) => [name, { light, dark }]),
);

function luminance(hex: string): number {
  const channel = (start: number) => {
    const value = Number.parseInt(hex.slice(start, start + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}

function contrast(foreground: string, background: string, theme: "light" | "dark"): number {
  const [one, two] = [foreground, background].map((name) => {
    const hex = tokens.get(name)?.[theme];
    if (!hex) throw new Error(`globals.css has no token --${name}`);
    return luminance(hex);
  });
  if (one === undefined || two === undefined) throw new Error("no colours");
  return (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
}

const states = ["running", "moving", "hibernated", "warning", "failed"];
const pages = ["canvas", "surface", "raised", "sunken", "hover"];
const text = [
  ...["ink", "ink-soft", "ink-faint", "accent", ...states].flatMap((foreground) =>
    pages.map((background) => [foreground, background] as const),
  ),
  ...states.map((state) => [state, `${state}-soft`] as const),
  ...states.map((state) => ["ink", `${state}-soft`] as const),
  ["on-solid", "solid"] as const,
  ["on-solid", "solid-hover"] as const,
  ["on-danger", "danger-solid"] as const,
  ["on-danger", "danger-solid-hover"] as const,
];
const edges = ["canvas", "surface", "raised", "sunken"].flatMap((background) => [
  ["line-strong", background] as const,
  ["accent", background] as const,
]);

describe.each(["light", "dark"] as const)("%s theme", (theme) => {
  it.each(text)("text in %s on %s has a contrast of at least 4.5", (foreground, background) => {
    expect(contrast(foreground, background, theme)).toBeGreaterThanOrEqual(4.5);
  });
  it.each(edges)("the edge of a control in %s on %s has a contrast of at least 3", (foreground, background) => {
    expect(contrast(foreground, background, theme)).toBeGreaterThanOrEqual(3);
  });
});
