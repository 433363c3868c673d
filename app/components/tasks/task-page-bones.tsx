import { Bone, PageBones } from "../feedback/skeleton";

/** A task's page to come. */
export function TaskPageBones() {
  return (
    <PageBones>
      <div className="grid grid-cols-1 gap-6 lg:grid-cols-[minmax(0,1fr)_20rem]">
        <div className="flex flex-col gap-6">
          <Bone className="h-40" />
          <Bone className="h-64" />
        </div>
        <Bone className="h-80" />
      </div>
    </PageBones>
  );
}
