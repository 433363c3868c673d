import type { Metadata } from "next";
import { ApiReference } from "../../../components/api-reference/api-reference";
import { SettingsFrame } from "../../../components/settings/settings-frame";
import { apiDocuments, requireUser } from "../../../server-caller";

export const metadata: Metadata = { title: "API" };

export default async function ApiPage() {
  await requireUser("/settings/api");
  return (
    <SettingsFrame>
      <ApiReference {...apiDocuments()} />
    </SettingsFrame>
  );
}
