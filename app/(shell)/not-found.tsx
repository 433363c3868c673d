import { MissingScreen } from "../components/feedback/missing-screen";

export default function NotFound() {
  return <MissingScreen title="Nothing here">There is no such page, or what it showed was deleted.</MissingScreen>;
}
