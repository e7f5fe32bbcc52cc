import type { FilterKey, PackageType } from '@sluice/policy';

/** The kinds of upstream a mirror can read, by their wire names (product.md MI-02). A source's type is one of these. */
export type MirrorType = 'conda' | 'python_simple' | 'CRAN';

/** What a definition of a type may say, beside what all may. */
interface TypeTraits {
  /** What its files are, which says how specs are read. */
  packages: PackageType;
  /** The filters that only this type, or not every type, has. */
  filters: readonly (FilterKey | 'latest_versions')[];
  /** Whether `keep_legacy` means anything. */
  hasLegacy: boolean;
}

export const mirrorTypes: Record<MirrorType, TypeTraits> = {
  conda: { packages: 'conda', filters: ['subdirs', 'python_versions', 'include_dependencies'], hasLegacy: true },
  python_simple: {
    packages: 'python',
    filters: ['projects', 'include_dependencies', 'platforms', 'python_versions', 'latest_versions'],
    hasLegacy: false,
  },
  CRAN: { packages: 'r', filters: ['trees', 'include_dependencies'], hasLegacy: false },
};

/** Whether a text names a type of mirror. */
export function isMirrorType(text: unknown): text is MirrorType {
  return typeof text === 'string' && Object.hasOwn(mirrorTypes, text);
}
