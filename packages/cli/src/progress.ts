import { Presets, SingleBar } from 'cli-progress';
import { plain } from './views/view.ts';

/** Shows on stderr how far something is: a bar in a terminal, elsewhere a line for each new label. */
export interface Progress {
  /** Show so much of so much, with a note of at most 23 characters beside it. */
  show(label: string, done: number, total: number, note?: string): void;
  /** Take the bar away. */
  clear(): void;
}

interface ProgressOptions {
  stderr: NodeJS.WriteStream;
  /** Show nothing at all. */
  quiet: boolean;
}

const longestLabel = 30;

/** What stands beside the bar: label, percent, note. */
const besideBar = longestLabel + 30;

/** Progress on a stream. */
export function createProgress({ stderr, quiet }: ProgressOptions): Progress {
  if (quiet) return { show: () => {}, clear: () => {} };
  return stderr.isTTY ? createBar(stderr) : createLines(stderr);
}

function createBar(stream: NodeJS.WriteStream): Progress {
  let bar: SingleBar | undefined;
  return {
    show: (label, done, total, note = '') => {
      const payload = { label: fitted(label), note };
      if (!bar) {
        bar = new SingleBar({
          ...Presets.shades_classic,
          format: '{label} {bar} {percentage}% {note}',
          stream,
          barsize: Math.max(5, Math.min(20, (stream.columns ?? 80) - besideBar)),
          fps: 8,
          clearOnComplete: true,
          // Whoever presses Ctrl-C gets the terminal back as it was.
          hideCursor: false,
          linewrap: true,
          gracefulExit: false,
          // A file of nothing is at its end from the start.
          emptyOnZero: false,
        });
        bar.start(total, done, payload);
      }
      bar.setTotal(total);
      bar.update(done, payload);
    },
    clear: () => {
      bar?.stop();
      bar = undefined;
    },
  };
}

function createLines(stream: NodeJS.WriteStream): Progress {
  let last: string | undefined;
  return {
    show: (label) => {
      if (label !== last) stream.write(`${plain(label)}\n`);
      last = label;
    },
    clear: () => {
      last = undefined;
    },
  };
}

function fitted(label: string): string {
  const text = plain(label);
  return (text.length > longestLabel ? `${text.slice(0, longestLabel - 1)}…` : text).padEnd(longestLabel);
}
