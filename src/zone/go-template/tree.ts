// tree — what a template of Go's text/template is made of, once it is read.

export type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'print'; readonly pipe: Pipe }
  | {
      readonly kind: 'if' | 'with' | 'range';
      readonly pipe: Pipe;
      readonly body: readonly Node[];
      readonly otherwise: readonly Node[];
    }
  | { readonly kind: 'break' | 'continue' };

/** `$i, $x := a | b c`: the value of each command is the last argument of the next. */
export interface Pipe {
  readonly variables: readonly string[];
  /** Variables that are there already get another value. */
  readonly assigns: boolean;
  readonly commands: readonly (readonly Operand[])[];
}

/** With the fields that are taken of it: `.Group.a`, `$x.Name`, `(index .Match 1).x`. */
export interface Operand {
  readonly value:
    | { readonly kind: 'dot' }
    | { readonly kind: 'constant'; readonly constant: string | bigint | number | boolean | undefined }
    | { readonly kind: 'variable'; readonly name: string }
    | { readonly kind: 'function'; readonly name: string }
    | { readonly kind: 'pipe'; readonly pipe: Pipe };
  readonly fields: readonly string[];
}

/** A text that is no template. The message says what is wrong. */
export class TemplateSyntaxError extends Error {}
