import { SessionPageBones } from "../../../components/sessions/session-page-bones";

export default function Loading() {
  return <SessionPageBones />;
}
