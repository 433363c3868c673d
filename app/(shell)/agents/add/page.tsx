import type { Metadata } from "next";
import { AddAgent } from "../../../components/agents/add-agent";
import { Forbidden } from "../../../components/feedback/forbidden";
import { PageBody } from "../../../components/shell/page-body";
import { PageHeader } from "../../../components/shell/page-header";
import { requireUser } from "../../../server-caller";

export const metadata: Metadata = { title: "Add agent" };

export default async function AddAgentPage() {
  const user = await requireUser("/agents/add");
  if (user.role !== "admin") return <Forbidden title="Add agent" needs="administrators" />;
  return (
    <PageBody>
      <PageHeader title="Add agent" crumbs={[{ href: "/agents", label: "Agents" }]} lead="One command joins a host to the fleet." />
      <AddAgent />
    </PageBody>
  );
}
