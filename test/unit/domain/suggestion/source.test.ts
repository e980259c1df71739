import * as v from 'valibot';
import { expect, it } from 'vitest';
import {
  agentSource,
  isAgentSource,
  isModelSource,
  modelSource,
  suggestionSource,
} from '../../../../src/domain/suggestion/suggestion.ts';

it('names an agent by what it calls itself, in letters and digits of limited number', () => {
  expect(['Night Reader', ' night_reader 2 ', 'Ваш агент', '', '⛔ "\n'].map(agentSource)).toEqual([
    ...['agent:night-reader', 'agent:night-reader-2', 'agent:ваш-агент', 'agent:unnamed', 'agent:unnamed'],
  ]);
  expect(agentSource('x'.repeat(1000))).toHaveLength('agent:'.length + 40);
  // Whoever calls itself a program of ours is an agent all the same.
  expect(agentSource('tagger')).toBe('agent:tagger');
});

it('names a language model by its name, as that is written', () => {
  expect(['gpt-4o-mini', 'Qwen/Qwen2.5-7B_Instruct:free', ' my model\n', '⛔ "'].map(modelSource)).toEqual([
    ...['model:gpt-4o-mini', 'model:Qwen/Qwen2.5-7B_Instruct:free', 'model:my-model', 'model:unnamed'],
  ]);
  expect(modelSource('x'.repeat(1000))).toHaveLength('model:'.length + 80);
  expect(['tagger', 'agent:x', 'model:', 'model:x'].map(isModelSource)).toEqual([false, false, false, true]);
});

it('is one of ours, an agent’s or a language model’s', () => {
  for (const source of ['rules', 'tagger', 'agent:night-reader', 'model:gpt-4o'])
    expect(v.is(suggestionSource, source)).toBe(true);
  for (const source of ['agent:', 'agent', 'model:', 'people', '', 1, null])
    expect(v.is(suggestionSource, source)).toBe(false);
  expect(['rules', 'tagger', 'agent:', 'agent:x'].map(isAgentSource)).toEqual([false, false, false, true]);
});
