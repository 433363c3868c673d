import { PageBones, RowBones, ToolbarBones } from "../components/feedback/skeleton";
import { PageBody } from "../components/shell/page-body";

export default function Loading() {
  return (
    <PageBody>
      <PageBones>
        <ToolbarBones />
        <RowBones />
      </PageBones>
    </PageBody>
  );
}
