import { PageBones, RowBones } from "../components/feedback/skeleton";
import { PageBody } from "../components/shell/page-body";

export default function Loading() {
  return (
    <PageBody>
      <PageBones>
        <RowBones />
      </PageBones>
    </PageBody>
  );
}
