import { OverviewBones } from "../../components/overview/overview-bones";
import { PageBody } from "../../components/shell/page-body";

export default function Loading() {
  return (
    <PageBody>
      <OverviewBones />
    </PageBody>
  );
}
