import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { shareTokenSchema } from "../../../server/modules/sessions/sharing/shares-schema";
import { GuestPage } from "../../components/viewer/guest-page";
import { TrpcProviders } from "../../trpc/client";

export const metadata: Metadata = { title: "Shared screen" };

interface Props {
  params: Promise<{ token: string }>;
}

/** For those who have a link and no account. Nothing is asked with it before the person says their name. */
export default async function SharedPage({ params }: Props) {
  const { token } = await params;
  if (!shareTokenSchema.safeParse(token).success) notFound();
  return (
    <TrpcProviders>
      <GuestPage token={token} />
    </TrpcProviders>
  );
}
