/** What a tool takes, as JSON Schema: for the protocol, and for the editor's manifest. */
import { toJsonSchema } from '@valibot/to-json-schema';
import type { Tool } from './tool.ts';

export function inputSchema({ input }: Pick<Tool, 'input'>): { type: 'object' } & Record<string, unknown> {
  // An optional field has a default, so that it is asked for as it goes in.
  const schema = { ...toJsonSchema(input, { typeMode: 'input' }), type: 'object' as const };
  delete schema.$schema;
  return schema;
}
