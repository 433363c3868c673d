import { GeistMono } from "geist/font/mono";
import { GeistSans } from "geist/font/sans";
import type { Metadata, Viewport } from "next";
import { cookies, headers } from "next/headers";
import type { ReactNode } from "react";
import { keepEarlyPress } from "./early-press";
import { loadAgain } from "./load-again";
import { currentUser } from "./server-caller";
import { readTheme, THEME_COOKIE, themeAttribute } from "./theme/theme";
import "./globals.css";

export const metadata: Metadata = {
  title: { default: "Berth", template: "%s · Berth" },
  description: "Desktops and web apps in containers, used in the browser",
  referrer: "no-referrer",
  robots: { index: false, follow: false },
};

export const viewport: Viewport = {
  width: "device-width",
  initialScale: 1,
  viewportFit: "cover",
  // The keys of a desktop stay above a phone's own keyboard.
  interactiveWidget: "resizes-content",
  themeColor: [
    { media: "(prefers-color-scheme: light)", color: "#fafafa" },
    { media: "(prefers-color-scheme: dark)", color: "#0c0c0e" },
  ],
};

/** What the person chose, in whichever browser; none for a stranger, or where it can't be read: that is for the page to show. */
const storedTheme = async () => (await currentUser().catch(() => null))?.theme;

export default async function RootLayout({ children }: { children: ReactNode }) {
  const theme = readTheme((await storedTheme()) ?? (await cookies()).get(THEME_COOKIE)?.value);
  const nonce = (await headers()).get("x-nonce") ?? undefined;
  return (
    <html lang="en" data-theme={themeAttribute(theme)} className={`${GeistSans.variable} ${GeistMono.variable}`} suppressHydrationWarning>
      <head>
        {/* biome-ignore lint/security/noDangerouslySetInnerHtml: a text of ours; browsers hide its nonce from React */}
        <script nonce={nonce} suppressHydrationWarning dangerouslySetInnerHTML={{ __html: loadAgain + keepEarlyPress }} />
      </head>
      <body>{children}</body>
    </html>
  );
}
