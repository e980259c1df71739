import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { tagFault, tagOf } from '../domain/tag.ts';
import type { StoreClient } from '../store/client.ts';
import * as plain from './plain-window.ts';

/**
 * Asks for a tag: one that is in use, or a new one; of an annotator's own to take off, one of those. Undefined when none was chosen.
 */
export async function pickTag(client: StoreClient, ownOf: string | null): Promise<string | undefined> {
  const known = await client.tags.known(ownOf);
  if (ownOf !== null && known.length === 0) throw new Error(t('No rollout has a tag of {0}.', ownOf));
  if (known.length > 0) {
    const more = ownOf === null ? [{ label: t('New Tag…'), iconPath: new vscode.ThemeIcon('add'), tag: null }] : [];
    const chosen = await plain.showQuickPick([...known.map((tag) => ({ label: tag, tag })), ...more], {
      placeHolder:
        ownOf === null ? t('Which tag do you want to put on them?') : t('Which of your tags do you want to take off?'),
    });
    if (chosen?.tag !== null) return chosen?.tag;
  }
  const typed = await plain.showInputBox({
    prompt: t('Tag: a word or a few, such as hack'),
    validateInput: tagFault,
  });
  return typed === undefined ? undefined : tagOf(typed);
}
