"use client";
import { useSyncExternalStore } from "react";
import { readTheme, THEME_COOKIE, type Theme, themeAttribute } from "./theme";

const listeners = new Set<() => void>();

function currentTheme(): Theme {
  return readTheme(document.documentElement.dataset.theme);
}

function applyTheme(theme: Theme): void {
  const attribute = themeAttribute(theme);
  if (attribute) document.documentElement.dataset.theme = attribute;
  else delete document.documentElement.dataset.theme;
  const secure = window.location.protocol === "https:" ? "; Secure" : "";
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing in Firefox and on http
  document.cookie = `${THEME_COOKIE}=${theme}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
  for (const listener of listeners) listener();
}

/** Calls when someone has chosen here; not for what was chosen before. Returns how to stop. */
export function onThemeChosen(listener: (theme: Theme) => void): () => void {
  const chosen = () => listener(currentTheme());
  listeners.add(chosen);
  return () => listeners.delete(chosen);
}

/** The chosen theme and how to change it, for every component that shows it. `system` until the page runs. */
export function useTheme(): [Theme, (theme: Theme) => void] {
  const theme = useSyncExternalStore(
    (changed) => {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
    currentTheme,
    (): Theme => "system",
  );
  return [theme, applyTheme];
}
