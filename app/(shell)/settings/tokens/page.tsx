import type { Metadata } from "next";
import { SettingsFrame } from "../../../components/settings/settings-frame";
import { ApiTokens } from "../../../components/tokens/api-tokens";
import { requireUser, serverQueries } from "../../../server-caller";
import { Hydrate } from "../../../trpc/hydrate";

export const metadata: Metadata = { title: "API tokens" };

export default async function TokensPage() {
  await requireUser("/settings/tokens");
  const { trpc, queryClient } = serverQueries();
  await queryClient.prefetchQuery(trpc.tokens.list.queryOptions({}));
  return (
    <Hydrate of={queryClient}>
      <SettingsFrame>
        <ApiTokens title="API tokens" />
      </SettingsFrame>
    </Hydrate>
  );
}
