import type { Metadata } from "next";
import { MissingScreen } from "./components/feedback/missing-screen";

export const metadata: Metadata = { title: "Not found" };

export default function NotFound() {
  return (
    <main className="flex min-h-dvh flex-col">
      <MissingScreen title="Nothing here">There is no such page. The address may be mistyped.</MissingScreen>
    </main>
  );
}
