"use client";
import { ErrorScreen } from "./components/feedback/error-screen";

export default function RootError({ error, retry }: { error: unknown; retry: () => void }) {
  return (
    <main className="flex min-h-dvh flex-col">
      <ErrorScreen error={error} onRetry={retry} />
    </main>
  );
}
