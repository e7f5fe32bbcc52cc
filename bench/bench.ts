/** What a bench measured: seconds end in `_s`, megabytes (10⁶) in `_mb`. */
export type Figures = Readonly<Record<string, number>>;

/** Numbers a bench can be asked to use, with their defaults. */
export type Params = Readonly<Record<string, number>>;

/** Where a bench runs. */
export interface BenchContext<P extends Params = Params> {
  readonly params: P;
  /** Keeps what is costly to make from run to run. */
  readonly cache: string;
  /** Empty at the start and gone at the end. */
  readonly scratch: string;
  /** Says what is going on; goes to standard error. */
  log(line: string): void;
}

/** One figure-giving command: `npm run bench -- <name>`. */
export interface Bench<P extends Params = Params> {
  readonly summary: string;
  readonly params: P;
  /** What the figures should be at most, where there is such a thing. */
  readonly wanted?: Figures;
  /** What they should be at least. */
  readonly atLeast?: Figures;
  /** Check that the outputs are right, then measure. @throws when they are wrong: a figure would mean nothing. */
  run(context: BenchContext<P>): Promise<Figures>;
}
