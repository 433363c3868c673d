import { PageBody } from "../../../components/shell/page-body";
import { TaskPageBones } from "../../../components/tasks/task-page-bones";

export default function Loading() {
  return (
    <PageBody>
      <TaskPageBones />
    </PageBody>
  );
}
