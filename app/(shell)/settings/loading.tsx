import { Bone, PageBones } from "../../components/feedback/skeleton";
import { PageBody } from "../../components/shell/page-body";

export default function Loading() {
  return (
    <PageBody narrow>
      <PageBones>
        <Bone className="h-9 w-full" />
        <Bone className="h-44 w-full" />
        <Bone className="h-28 w-full" />
      </PageBones>
    </PageBody>
  );
}
