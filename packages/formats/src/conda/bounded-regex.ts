import { excerpt, FormatError } from '../errors.ts';
import { type CharacterTest, parseRegex, type RegexNode } from './regex-syntax.ts';

type Step =
  | { kind: 'character'; test: CharacterTest; next: number }
  | { kind: 'start' | 'end'; next: number }
  | { kind: 'split'; next: number; other: number }
  | { kind: 'match' };

/** Where the automaton can be at once: the character steps it waits at, and whether the text so far is a match. */
interface Place {
  readonly waiting: readonly number[];
  readonly matched: boolean;
  readonly matchedAtEnd: boolean;
  /** Where each character, by its code, was seen to lead. */
  readonly moves: Map<number, Place>;
}

// Patterns come from users and meet every record, so the cost of a match must not depend on how the pattern is written.
// The pattern becomes an automaton of at most 512 steps that is walked in parallel, never backwards: one character costs
// at most two visits of each step, a whole text at most 1,024 × its length whatever the nesting of the repetitions.
// Moves are remembered, up to 4,096 of them, so in practice a character costs one look into a map.
const mostSteps = 512;
const mostMoves = 4096;

/**
 * Compile a regular expression into a test of bounded cost. The match begins at the start of the text and need not reach
 * its end, which is what conda does with its `^…$`. With `ignoreCase` letter case does not count.
 *
 * @throws {FormatError} `conda_spec_regex` for a construct that is not supported (see `parseRegex`) or too large.
 */
export function compileRegex(pattern: string, ignoreCase = false): (text: string) => boolean {
  const { steps, entrance } = build(parseRegex(pattern, ignoreCase), pattern);
  const places = new Map<string, Place>();
  let moves = 0;
  let start = settle(steps, [entrance], true);

  function move(place: Place, code: number): Place {
    if (++moves > mostMoves) {
      places.clear();
      start = settle(steps, [entrance], true);
      moves = 0;
    }
    const targets: number[] = [];
    for (const index of place.waiting) {
      const step = steps[index]!;
      if (step.kind === 'character' && step.test(code)) targets.push(step.next);
    }
    const reached = settle(steps, targets, false);
    const key = `${reached.waiting.join()} ${reached.matched} ${reached.matchedAtEnd}`;
    const next = places.get(key) ?? reached;
    places.set(key, next);
    place.moves.set(code, next);
    return next;
  }

  return (given) => {
    const text = ignoreCase ? given.toLowerCase() : given;
    let place = start;
    for (let i = 0; i < text.length; i++) {
      if (place.matched) return true;
      if (place.waiting.length === 0) return false;
      const code = text.charCodeAt(i);
      place = place.moves.get(code) ?? move(place, code);
    }
    return place.matchedAtEnd;
  };
}

/** Lay the tree out as steps from its end to its beginning, so that each step knows where it leads. */
function build(tree: RegexNode, pattern: string): { steps: Step[]; entrance: number } {
  const steps: Step[] = [{ kind: 'match' }];
  let spent = 0;

  function spend(): void {
    if (++spent <= mostSteps) return;
    const wanted = `a regular expression of at most ${mostSteps} steps`;
    throw new FormatError('conda_spec_regex', `${excerpt(pattern)} repeats too much: wanted ${wanted}.`, { wanted });
  }

  function add(step: Step): number {
    spend();
    steps.push(step);
    return steps.length - 1;
  }

  function lay(node: RegexNode, next: number): number {
    // Characters are counted by `add`. The others are too: empty groups repeated in each other lay no step at all and
    // would go on for ever.
    if (node.kind !== 'character') spend();
    switch (node.kind) {
      case 'character':
        return add({ kind: 'character', test: node.test, next });
      case 'start':
      case 'end':
        return add({ kind: node.kind, next });
      case 'sequence':
        return node.parts.reduceRight((after, part) => lay(part, after), next);
      case 'choice': {
        const [first, ...others] = node.parts.map((part) => lay(part, next));
        return others.reduce((other, entrance) => add({ kind: 'split', next: entrance, other }), first!);
      }
      case 'repeat':
        return layRepeat(node, next);
    }
  }

  function layRepeat(node: RegexNode & { kind: 'repeat' }, next: number): number {
    let entrance = next;
    if (node.max === Number.POSITIVE_INFINITY) {
      const loop: Step & { kind: 'split' } = { kind: 'split', next, other: next };
      entrance = add(loop);
      loop.next = lay(node.body, entrance);
    } else {
      for (let i = node.min; i < node.max; i++) {
        entrance = add({ kind: 'split', next: lay(node.body, entrance), other: next });
      }
    }
    for (let i = 0; i < node.min; i++) entrance = lay(node.body, entrance);
    return entrance;
  }

  return { steps, entrance: lay(tree, 0) };
}

/** Follow everything that needs no character. Behind an `end` only the end of the text leads on. */
function settle(steps: readonly Step[], entrances: readonly number[], atStart: boolean): Place {
  const now = walk(steps, entrances, atStart, false);
  const atEnd = walk(steps, entrances, atStart, true);
  return { waiting: now.waiting, matched: now.matched, matchedAtEnd: atEnd.matched, moves: new Map() };
}

function walk(
  steps: readonly Step[],
  entrances: readonly number[],
  atStart: boolean,
  atEnd: boolean,
): { waiting: number[]; matched: boolean } {
  const seen = new Uint8Array(steps.length);
  const open = [...entrances];
  const waiting: number[] = [];
  let matched = false;
  for (let index = open.pop(); index !== undefined; index = open.pop()) {
    if (seen[index] === 1) continue;
    seen[index] = 1;
    const step = steps[index]!;
    if (step.kind === 'match') matched = true;
    else if (step.kind === 'character') waiting.push(index);
    else if (step.kind === 'split') open.push(step.next, step.other);
    else if (step.kind === 'start' ? atStart : atEnd) open.push(step.next);
  }
  return { waiting: waiting.sort((a, b) => a - b), matched };
}
