import { AgentPageBones } from "../../../components/agents/agent-page-bones";
import { PageBody } from "../../../components/shell/page-body";

export default function Loading() {
  return (
    <PageBody>
      <AgentPageBones />
    </PageBody>
  );
}
