/** phases.json: the phases a project labels with, and the types of error that steps of reasoning have. */
import { findNodeAtLocation, parseTree, printParseErrorCode, type Node, type ParseError } from 'jsonc-parser';
import * as v from 'valibot';
import { defaultErrorTypes, errorTypesSchema, type ErrorType } from '../domain/judgement.ts';
import { phaseSchema } from '../domain/phase-schema.ts';
import type { Phase } from '../domain/phase.ts';
import { faultWords } from '../domain/schema-fault.ts';

/** The file's name, beside the store it belongs to. */
export const phaseFileName = 'phases.json';

/** What is wrong with a place of the file: `length` UTF-16 units from `offset`. */
export interface PhaseFault {
  offset: number;
  length: number;
  /** From 1. */
  line: number;
  message: string;
}

const file = v.strictObject({
  $schema: v.optional(v.string()),
  phases: phaseSchema,
  errors: v.optional(errorTypesSchema, [...defaultErrorTypes]),
});

/** What the file defines. */
export interface PhaseFile {
  phases: Phase[];
  /** The ready ones where it names none. */
  errors: ErrorType[];
}

/** What a file's text defines, or all that is wrong with it, in the text's order. */
export function readPhases(text: string): PhaseFile | { faults: PhaseFault[] } {
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, { disallowComments: true });
  const fault = (offset: number, length: number, message: string): PhaseFault => ({
    offset,
    length,
    line: text.slice(0, offset).split('\n').length,
    message,
  });
  if (!tree || errors.length > 0) {
    const [{ offset, length, error }] = errors.length > 0 ? errors : [{ offset: 0, length: 0, error: 4 as const }];
    return { faults: [fault(offset, length, `this is not JSON: ${printParseErrorCode(error)}`)] };
  }
  const result = v.safeParse(file, JSON.parse(text));
  if (result.success) return { phases: result.output.phases, errors: result.output.errors };
  return {
    faults: result.issues
      .map((issue) => {
        const path = issue.path?.map(({ key }) => key as string | number) ?? [];
        const { offset, length } = nearest(tree, path);
        return fault(offset, length, `${path.join('.') || 'the file'}: ${faultWords(issue)}`);
      })
      .sort((a, b) => a.offset - b.offset),
  };
}

/** The value at `path`, or where it is missing the innermost that is there. */
function nearest(tree: Node, path: readonly (string | number)[]): Node {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const found = findNodeAtLocation(tree, path.slice(0, depth));
    if (found) return found;
  }
  return tree;
}

/** The text of a file that defines these. */
export function writtenPhases({ phases, errors }: PhaseFile): string {
  const rows = phases.map(({ name, key, colour, weight }) => {
    const fields = Object.entries({ name, key, colour, weight }).map(
      ([field, value]) => `"${field}": ${JSON.stringify(value)}`,
    );
    return `    { ${fields.join(', ')} }`;
  });
  const types = errors.map(
    ({ name, about }) => `    { "name": ${JSON.stringify(name)}, "about": ${JSON.stringify(about)} }`,
  );
  const list = types.length === 0 ? '[]' : `[\n${types.join(',\n')}\n  ]`;
  return `{\n  "phases": [\n${rows.join(',\n')}\n  ],\n  "errors": ${list}\n}\n`;
}
