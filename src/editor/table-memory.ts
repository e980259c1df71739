/** What a folder keeps of its Rollouts table: what was chosen last, and views that have a name. */
import * as v from 'valibot';
import type * as vscode from 'vscode';
import { savedViews, tableChoice, type SavedView, type TableChoice } from '../protocol/table.ts';

const choiceKey = 'table.choice';
const viewsKey = 'table.views';

export class TableMemory {
  readonly #memory: vscode.Memento;

  constructor(memory: vscode.Memento) {
    this.#memory = memory;
  }

  /** All rollouts where nothing was chosen yet. */
  get choice(): TableChoice {
    const { success, output } = v.safeParse(tableChoice, this.#memory.get(choiceKey));
    return success ? output : v.parse(tableChoice, { line: '', sort: null, columns: null });
  }

  async keepChoice(choice: TableChoice): Promise<void> {
    await this.#memory.update(choiceKey, choice);
  }

  get views(): SavedView[] {
    const { success, output } = v.safeParse(savedViews, this.#memory.get(viewsKey));
    return success ? output : [];
  }

  /** One of the same name becomes this one. */
  async saveView(name: string, choice: TableChoice): Promise<void> {
    await this.forgetView(name);
    await this.#memory.update(viewsKey, [...this.views, { name, ...choice }]);
  }

  async forgetView(name: string): Promise<void> {
    await this.#memory.update(
      viewsKey,
      this.views.filter((one) => one.name !== name),
    );
  }
}
