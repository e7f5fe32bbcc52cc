import { type BundleRow, type Db, openImports } from '@sluice/catalog';
import { type InStage, inWork } from './place.ts';

type Import = Pick<BundleRow, 'issuer' | 'series' | 'serial'>;

/** Stages that write what all imports of a series share. */
const shared: readonly InStage[] = ['records', 'show', 'files'];

/** Whether an earlier bundle of the series is at what one alone should do: it goes first. */
export async function isSecond(db: Db, row: Import): Promise<boolean> {
  const others = await othersOf(db, row);
  return others.some((other) => other.serial < row.serial && shared.includes(inWork(other).place.stage));
}

/** A later bundle of the series that is shown, and only not completed yet. */
export async function shownLater(db: Db, row: Import): Promise<BundleRow | undefined> {
  const others = await othersOf(db, row);
  return others.find((other) => other.serial > row.serial && inWork(other).place.stage === 'files');
}

async function othersOf(db: Db, { issuer, series }: Import): Promise<BundleRow[]> {
  const open = await openImports(db, { issuer: issuer!, series });
  return open.filter(({ state }) => state !== 'waiting');
}
