// Functions as values. AssemblyScript takes a function for a managed object, and in a build with a
// collector whoever passes one keeps a stack of references. So a function is passed by the address
// of its static object, `changetype<usize>(fn)`, and called through the table at the index that
// lies there. The compiler does not see a wrong signature then; the first call traps.

/** The address of a function. The documentation of each use says which parameters it takes. */
export type Callback = usize;

/** The index in the table, for `call_indirect`. */
// @ts-ignore: decorator
@inline
export function indexOf(callback: Callback): u32 {
  return load<u32>(callback);
}
