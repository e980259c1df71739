/** Puts the texts of this page into the language that its host names. Imported before all that has texts. */
import type { l10nJsonFormat } from '@vscode/l10n';
import { setLanguage } from '../../src/domain/language.ts';

const texts = JSON.parse(document.getElementById('texts')?.textContent ?? 'null') as l10nJsonFormat | null;
if (texts) setLanguage(document.documentElement.lang, texts);
