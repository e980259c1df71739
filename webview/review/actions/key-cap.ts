import { nothing, type TemplateResult } from 'lit';
import type { KeyName, Keys } from '../../../src/protocol/review-keys.ts';
import { html } from '../../ui/html.ts';
import { keyOn } from './keys.ts';

/** An action's key, drawn on its button. */
export function keyCap(keys: Keys, name: KeyName): TemplateResult | typeof nothing {
  return keys[name] === '' ? nothing : html`<kbd>${keyOn(keys, name)}</kbd>`;
}
