import { NotRun, NotServed } from "./check";
import { shown } from "./expectations";

/** Made when it is first needed. The check that needed it first tells why it can't be; those that come later are not run. */
export function once<Value>(what: string, make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | null = null;
  return async () => {
    const first = made === null;
    made ??= make();
    try {
      return await made;
    } catch (error) {
      if (first || error instanceof NotRun || error instanceof NotServed) throw error;
      throw new NotRun(`there is no ${what}: ${shown(error instanceof Error ? error.message : error)}`);
    }
  };
}

/** The same for each world of a run. */
export function onceFor<World extends object, Value>(
  what: string,
  make: (world: World) => Promise<Value>,
): (world: World) => Promise<Value> {
  const all = new WeakMap<World, () => Promise<Value>>();
  return (world) => {
    const there = all.get(world) ?? once(what, () => make(world));
    all.set(world, there);
    return there();
  };
}
