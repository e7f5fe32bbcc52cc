// The package has no types of its own. Names follow its output.
declare module 'spdx-expression-parse' {
  type SpdxNode =
    | { license: string; plus?: true; exception?: string }
    | { conjunction: 'and' | 'or'; left: SpdxNode; right: SpdxNode };

  export default function parse(expression: string): SpdxNode;
}
