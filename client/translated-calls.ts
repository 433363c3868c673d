/**
 * The same proxy of procedures, whose promises reject with what `translate` makes of their error. Everything that is reached through it is
 * wrapped on the way; what is no promise and no function goes through as it is.
 */
export function translatedCalls<T extends object>(proxy: T, translate: (error: unknown) => unknown): T {
  return new Proxy(proxy, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? translatedCalls(value, translate) : value;
    },
    apply(target, receiver, args) {
      if (typeof target !== "function") throw new TypeError("not a procedure");
      const result: unknown = Reflect.apply(target, receiver, args);
      if (!(result instanceof Promise)) return result;
      return result.catch((error: unknown) => {
        throw translate(error);
      });
    },
  });
}
