/** Some specs over one set of facts. */
export interface SpecTest {
  /** The first spec that row i matches, as written; undefined when none does. */
  match(i: number): string | undefined;
}
