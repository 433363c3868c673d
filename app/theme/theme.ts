/** Kept in a cookie, so that the server renders the right theme and no script has to run before the first paint. */
export const THEME_COOKIE = "berth-theme";
export const themes = ["system", "light", "dark"] as const;
export type Theme = (typeof themes)[number];

export function readTheme(cookie: string | undefined): Theme {
  return themes.find((theme) => theme === cookie) ?? "system";
}

/** The value of `data-theme`: none leaves it to the system. */
export const themeAttribute = (theme: Theme): "light" | "dark" | undefined => (theme === "system" ? undefined : theme);
