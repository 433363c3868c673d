import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { shareTokenSchema } from "../../../../server/modules/sessions/sharing/shares-schema";
import { GuestAppPage } from "../../../components/viewer/guest-app-page";
import { TrpcProviders } from "../../../trpc/client";

export const metadata: Metadata = { title: "Shared app" };

interface Props {
  params: Promise<{ token: string }>;
}

/** For those who have a link to a web app and no account. Nothing is asked with it before the person says their name. */
export default async function SharedAppPage({ params }: Props) {
  const { token } = await params;
  if (!shareTokenSchema.safeParse(token).success) notFound();
  return (
    <TrpcProviders>
      <GuestAppPage token={token} />
    </TrpcProviders>
  );
}
