import { CardBones, PageBones } from "../../components/feedback/skeleton";
import { PageBody } from "../../components/shell/page-body";

export default function Loading() {
  return (
    <PageBody>
      <PageBones>
        <CardBones />
      </PageBones>
    </PageBody>
  );
}
