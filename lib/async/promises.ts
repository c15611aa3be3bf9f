/** Whether a value must be awaited. Duck-typed: the global `Promise` may have been replaced. */
export function isPromise<Value>(value: Value | Promise<Value>): value is Promise<Value> {
  return typeof (value as Partial<Promise<Value>> | null | undefined)?.then === "function";
}
