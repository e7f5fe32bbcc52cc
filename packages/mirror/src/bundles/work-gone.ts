/** Thrown within a slice when somebody else has the bundle, or has stopped it: nothing more may be written. */
export class WorkGone extends Error {
  override readonly name = 'WorkGone';
}
