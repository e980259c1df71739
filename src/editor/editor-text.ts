/** Text that came from elsewhere, as the editor shows it letter for letter. Pure. */
import { plainText } from '../domain/plain-text.ts';

/**
 * Plain text in which the editor finds nothing to render: an unseen word joiner stands in what it would take for a link,
 * `[label](command:id)`, in notifications and below input boxes, or for an icon, `$(name)`, in quick picks and the status bar.
 */
export function editorText(text: string): string {
  return plainText(text).replaceAll(/(?<=[\]$])\(/g, '\u2060(');
}
