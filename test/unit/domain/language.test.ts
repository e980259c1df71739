import { t } from '@vscode/l10n';
import { afterEach, expect, it } from 'vitest';
import { counted } from '../../../src/domain/counted.ts';
import { setLanguage } from '../../../src/domain/language.ts';
import { dayText } from '../../../src/domain/moment.ts';

afterEach(() => setLanguage('en-GB', {}));

it('texts and dates are of the language that was set, and English where it lacks a text', () => {
  const said = () => [counted(1912, 'rollout'), counted(1, 'rollout'), dayText('2026-11-30T12:00:00Z')];
  expect(said()).toEqual(['1,912 rollouts', '1 rollout', '30 Nov 2026']);
  setLanguage('de', { '{0} rollouts': 'Rollouts: {0}' });
  expect(said()).toEqual(['Rollouts: 1,912', '1 rollout', '30.11.2026']);
});

it('places are filled in any order, and other braces stay', () => {
  setLanguage('de', { '{0} of {1}': 'von {1} sind es {0}' });
  expect([t('{0} of {1}', 2, 3), t('write {"play": "P"}')]).toEqual(['von 3 sind es 2', 'write {"play": "P"}']);
});
