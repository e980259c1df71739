import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { durationText, timeLeft } from '../domain/progress.ts';
import { statusTexts } from '../domain/run.ts';
import { commandOf } from './commands.ts';
import { editorText } from './editor-text.ts';
import type { RunSupervisor } from './run-supervisor.ts';

/** The status bar item while a run goes: "$(pulse) AVATAR 212/400 · 0.71"; it opens the Runs panel. */
export class StatusBar implements vscode.Disposable {
  readonly #item = vscode.window.createStatusBarItem('rolloutLab.run', vscode.StatusBarAlignment.Left, 10);
  readonly #supervisor: RunSupervisor;
  readonly #subscription: vscode.Disposable;

  constructor(supervisor: RunSupervisor) {
    this.#supervisor = supervisor;
    this.#item.name = t('Rollout Lab: Run');
    this.#item.command = commandOf('rolloutLab.openRuns', t('Open Runs'));
    this.#subscription = supervisor.onDidChange(() => this.#update());
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#item.dispose();
  }

  #update(): void {
    const active = this.#supervisor.active();
    const run = active.find(({ status }) => status === 'running') ?? active[0];
    if (!run) {
      this.#item.hide();
      return;
    }
    const recent = this.#supervisor.recentMetrics(run.id);
    const reward = recent.at(-1)?.values.reward;
    const icon = run.status === 'paused' ? 'debug-pause' : 'pulse';
    const others = active.length > 1 ? ` (+${active.length - 1})` : '';
    const score = reward === undefined ? '' : ` · ${reward.toFixed(2)}`;
    const progress = `${run.config.preset.toUpperCase()} ${run.iteration}/${run.config.steps}${score}${others}`;
    this.#item.text = `$(${icon}) ${editorText(progress)}`;
    const left = run.status === 'running' ? timeLeft(run.config.steps, recent) : null;
    const tooltip = [
      t('{0}: {1}, iteration {2} of {3}', run.name, statusTexts[run.status], run.iteration, run.config.steps),
      ...(reward === undefined ? [] : [t('mean reward {0}', reward.toFixed(3))]),
      ...(left === null ? [] : [t('about {0} left', durationText(left))]),
    ].join('\n');
    this.#item.tooltip = editorText(tooltip);
    this.#item.accessibilityInformation = { label: this.#item.tooltip };
    this.#item.show();
  }
}
