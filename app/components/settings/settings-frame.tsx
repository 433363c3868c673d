import type { ReactNode } from "react";
import { PageBody } from "../shell/page-body";
import { PageHeader } from "../shell/page-header";
import { SettingsTabs } from "./settings-tabs";

export function SettingsFrame({ children }: { children: ReactNode }) {
  return (
    <PageBody narrow>
      <PageHeader title="Settings" />
      <SettingsTabs />
      {children}
    </PageBody>
  );
}
