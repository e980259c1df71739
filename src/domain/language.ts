/** The language that people read: English, unless the editor has another and there is a translation of our texts. */
import { config, type l10nJsonFormat } from '@vscode/l10n';

/** Its tag, for dates and lists. */
export let language = 'en-GB';

/** Has `t` of @vscode/l10n give these texts from now on. What is loaded earlier keeps the English of its constants. */
export function setLanguage(tag: string, texts: l10nJsonFormat): void {
  config({ contents: texts });
  language = tag;
}
