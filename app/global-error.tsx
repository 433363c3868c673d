"use client";
import { ErrorScreen } from "./components/feedback/error-screen";
import "./globals.css";

/** Takes the place of the root layout when that itself broke. */
export default function GlobalError({ error, retry }: { error: unknown; retry: () => void }) {
  return (
    <html lang="en">
      <body>
        <main className="flex min-h-dvh flex-col">
          <ErrorScreen error={error} onRetry={retry} />
        </main>
      </body>
    </html>
  );
}
