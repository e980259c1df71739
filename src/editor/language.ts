/** Puts the texts of this window into the editor's language. Imported before all that has texts. */
import * as vscode from 'vscode';
import { setLanguage } from '../domain/language.ts';

if (vscode.l10n.bundle) setLanguage(vscode.env.language, vscode.l10n.bundle);
