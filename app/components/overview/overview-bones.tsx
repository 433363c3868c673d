import { Bone, CardBones, RowBones } from "../feedback/skeleton";

/** The overview to come: its title, the fleet's figures, one's sessions and what can be started. */
export function OverviewBones() {
  return (
    <>
      <div className="flex h-9 items-center justify-between">
        <Bone className="h-6 w-32" />
        <Bone className="h-9 w-32" />
      </div>
      <TileBones />
      <div className="flex flex-col gap-3">
        <Bone className="my-1.5 h-4 w-28" />
        <RowBones rows={3} />
      </div>
      <div className="flex flex-col gap-3">
        <Bone className="my-1.5 h-4 w-32" />
        <CardBones cards={6} />
      </div>
    </>
  );
}

export function TileBones() {
  return (
    <div className="grid grid-cols-2 gap-3 lg:grid-cols-4">
      {["a", "b", "c", "d"].map((tile) => (
        <Bone key={tile} className="h-20" />
      ))}
    </div>
  );
}
