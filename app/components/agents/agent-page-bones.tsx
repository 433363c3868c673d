import { Bone, PageBones, RowBones } from "../feedback/skeleton";

/** An agent's page to come. */
export function AgentPageBones() {
  return (
    <PageBones>
      <div className="grid grid-cols-1 gap-6 lg:grid-cols-2">
        <Bone className="h-64" />
        <Bone className="h-64" />
      </div>
      <RowBones rows={3} />
    </PageBones>
  );
}
