import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { shareTokenSchema } from "../../../../server/modules/sessions/sharing/shares-schema";
import { PortLinkPage } from "../../../components/sessions/port-link-page";
import { requireUser } from "../../../server-caller";

interface Props {
  params: Promise<{ token: string }>;
}

export const metadata: Metadata = { title: "Shared port" };

export default async function SharedPortPage({ params }: Props) {
  const { token } = await params;
  if (!shareTokenSchema.safeParse(token).success) notFound();
  await requireUser(`/ports/${token}`);
  return <PortLinkPage token={token} />;
}
