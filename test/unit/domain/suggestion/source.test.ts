import * as v from 'valibot';
import { expect, it } from 'vitest';
import { agentSource, isAgentSource, suggestionSource } from '../../../../src/domain/suggestion/suggestion.ts';

it('names an agent by what it calls itself, in letters and digits of limited number', () => {
  expect(['Night Reader', ' night_reader 2 ', 'Ваш агент', '', '⛔ "\n'].map(agentSource)).toEqual([
    ...['agent:night-reader', 'agent:night-reader-2', 'agent:ваш-агент', 'agent:unnamed', 'agent:unnamed'],
  ]);
  expect(agentSource('x'.repeat(1000))).toHaveLength('agent:'.length + 40);
  // Whoever calls itself a program of ours is an agent all the same.
  expect(agentSource('tagger')).toBe('agent:tagger');
});

it('is one of ours or an agent’s', () => {
  for (const source of ['rules', 'tagger', 'agent:night-reader']) expect(v.is(suggestionSource, source)).toBe(true);
  for (const source of ['agent:', 'agent', 'people', '', 1, null]) expect(v.is(suggestionSource, source)).toBe(false);
  expect(['rules', 'tagger', 'agent:', 'agent:x'].map(isAgentSource)).toEqual([false, false, false, true]);
});
