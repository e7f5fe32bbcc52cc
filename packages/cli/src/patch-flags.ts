import { Option } from 'commander';

/** What the commands of patches have in common. */
export interface PatchFlags {
  channel: string;
  subdir?: string;
  dryRun?: boolean;
}

/** `--subdir`, for what `purpose` says. */
export function subdirOption(purpose: string): Option {
  return new Option('--subdir <subdir>', purpose);
}

/** `--dry-run`. */
export function dryRunOption(): Option {
  return new Option('--dry-run', 'say what would change, and change nothing');
}
