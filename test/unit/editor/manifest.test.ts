import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { manifestTexts, readManifest, writtenManifest } from '../../../scripts/manifest.ts';
import { inputSchema } from '../../../src/agents/input-schema.ts';
import { tools } from '../../../src/agents/tools.ts';
import { backendChoices, backendTexts } from '../../../src/domain/backend.ts';
import { engineNames, engineTexts } from '../../../src/domain/engine.ts';
import { judgeDefaults, mostJudgeFrames } from '../../../src/domain/preset.ts';
import {
  activeStatuses,
  judgeStyles,
  resumableStatuses,
  runStatuses,
  unreadableVerdicts,
} from '../../../src/domain/run.ts';
import { commandIds } from '../../../src/editor/command.ts';
import { endings } from '../../../src/formats/ending.ts';

interface Step {
  id: string;
  description: string;
  completionEvents: string[];
  media: { svg: string; altText: string };
}

interface MenuItem {
  command: string;
  when?: string;
}

interface AgentTool {
  name: string;
  displayName: string;
  modelDescription: string;
  inputSchema: object;
  when: string;
}

interface Manifest {
  icon: string;
  activationEvents: string[];
  contributes: {
    commands: { command: string; title: string; category: string }[];
    configuration: {
      properties: Record<string, { scope: string; enum?: string[]; enumDescriptions?: string[]; default: unknown }>;
    };
    menus: Record<string, MenuItem[]>;
    keybindings?: MenuItem[];
    customEditors: { selector: { filenamePattern: string }[]; priority: string }[];
    languageModelTools: AgentTool[];
    views: Record<string, { id: string; name: string; icon: string }[]>;
    viewsContainers: { activitybar: { id: string; icon: string }[] };
    viewsWelcome: { view: string; contents: string }[];
    walkthroughs: { id: string; steps: Step[] }[];
  };
}

const root = resolve(import.meta.dirname, '../../..');
const { contributes, icon } = readManifest<Manifest>();
const declared = contributes.commands.map(({ command }) => command);

describe('the manifest', () => {
  it('declares exactly the commands that are registered', () => {
    expect(declared.toSorted()).toEqual([...commandIds].sort());
  });

  it('names every command the same way', () => {
    expect(contributes.commands.filter(({ category }) => category !== 'Rollout Lab')).toEqual([]);
  });

  it('refers only to commands and views it declares', () => {
    const menuItems = [...Object.values(contributes.menus).flat(), ...(contributes.keybindings ?? [])];
    expect(menuItems.map(({ command }) => command).filter((id) => !declared.includes(id))).toEqual([]);

    const views = Object.values(contributes.views).flatMap((list) => list.map(({ id }) => id));
    const named = menuItems.flatMap(({ when = '' }) => [...when.matchAll(/view == (\S+)/g)].map(([, id]) => id));
    expect([...named, ...contributes.viewsWelcome.map(({ view }) => view)].filter((id) => !views.includes(id))).toEqual(
      [],
    );

    const linked = contributes.viewsWelcome.flatMap(({ contents }) =>
      [...contents.matchAll(/command:(rolloutLab\.\w+)/g)].map(([, id]) => id),
    );
    expect(linked.filter((id) => !declared.includes(id))).toEqual([]);
  });

  it('has its texts for people in package.nls.json, where they can be translated, but for the product’s name', () => {
    const written = writtenManifest<Pick<Manifest, 'contributes'>>();
    const texts = Object.values(written.contributes.views).flatMap((list) => list.map(({ name }) => name));
    const shown = /^(?:title|(?:markdownD|d)escription|contents|altText|category|contextualTitle|label|displayName)$/u;
    JSON.stringify(written, (name, value: unknown) => {
      // What a tool takes is told to a language model.
      if (name === 'inputSchema') return undefined;
      if (name === 'enumDescriptions') texts.push(...(value as string[]));
      else if (shown.test(name) && typeof value === 'string') texts.push(value);
      return value;
    });
    expect(texts.filter((text) => !/^%.+%$/u.test(text) && text !== 'Rollout Lab')).toEqual([]);
    const used = new Set([...JSON.stringify(written).matchAll(/"%([^"]+)%"/gu)].map(([, key]) => key));
    expect(Object.keys(manifestTexts()).filter((key) => !used.has(key))).toEqual([]);
  });

  it('lets no workspace and no machine say where reasoning and its key are sent: that is in the user’s own settings', () => {
    const { properties } = contributes.configuration;
    const ofJudge = Object.entries(properties).filter(([name]) => name.startsWith('rolloutLab.judge.'));
    expect(ofJudge.map(([, { scope }]) => scope)).toEqual(
      ['endpoint', 'model', 'style', 'frames', 'unreadable'].map(() => 'application'),
    );
  });

  it('offers the judge’s styles and what becomes of its faults, with the defaults of a run', () => {
    const setting = (name: keyof typeof judgeDefaults) =>
      contributes.configuration.properties[`rolloutLab.judge.${name}`];
    expect(setting('style')).toMatchObject({ enum: judgeStyles, default: judgeDefaults.style });
    expect(setting('frames')).toMatchObject({ minimum: 0, maximum: mostJudgeFrames, default: judgeDefaults.frames });
    expect([...setting('unreadable').enum!].sort()).toEqual([...unreadableVerdicts].sort());
    expect(setting('unreadable').default).toBe(judgeDefaults.unreadable);
  });

  it('offers every backend, in the words of the form', () => {
    const { enum: names, enumDescriptions } = contributes.configuration.properties['rolloutLab.backend'];
    expect(names).toEqual(backendChoices);
    expect(enumDescriptions).toEqual(backendChoices.map((name) => backendTexts.get(name)));
  });

  it('offers every engine, in the words of the form', () => {
    const { enum: names, enumDescriptions } = contributes.configuration.properties['rolloutLab.engine'];
    expect(names).toEqual(engineNames);
    expect(enumDescriptions).toEqual(engineNames.map((name) => engineTexts[name]));
  });

  it('offers agents the tools of the MCP server in the same words, and the form that starts a run, in trusted folders', () => {
    const { languageModelTools } = contributes;
    const words = languageModelTools.map(({ name, displayName, modelDescription, inputSchema }) => {
      return { name, title: displayName, description: modelDescription, schema: inputSchema };
    });
    expect(words.slice(0, -1)).toEqual(
      tools.map((tool) => ({
        ...{ name: `rollout_lab_${tool.name}`, title: tool.title, description: tool.description },
        schema: inputSchema(tool),
      })),
    );
    expect(words.at(-1)).toMatchObject({ name: 'rollout_lab_start_run', schema: { properties: {} } });
    expect(new Set(languageModelTools.map(({ when }) => when))).toEqual(new Set(['isWorkspaceTrusted']));
  });

  it('offers to import every file that can be read, by its ending', () => {
    const offers = contributes.menus['explorer/context'].filter(
      ({ command }) => command === 'rolloutLab.importRollouts',
    );
    expect(offers.map(({ when }) => when)).toEqual([
      `explorerResourceIsFolder || resourceExtname =~ /^\\.(${endings.join('|')})$/`,
    ]);
  });

  it('previews the same files, packed too, where a person asks for it: no editor is taken from them', () => {
    const offers = contributes.menus['explorer/context'].filter(({ command }) => command === 'rolloutLab.previewDump');
    expect(offers.map(({ when }) => when)).toEqual([`resourceExtname =~ /^\\.(${endings.join('|')})$/`]);
    const [editor] = contributes.customEditors;
    const pattern = `*.{${endings.join(',')}}`;
    expect(editor.selector.map(({ filenamePattern }) => filenamePattern)).toEqual([pattern, `${pattern}.{gz,zst}`]);
    expect(contributes.customEditors.map(({ priority }) => priority)).toEqual(['option']);
  });

  it('offers at a run what can be done with it as it stands', () => {
    /** The runs' rows at which the menu offers a command, by their status. */
    const offeredAt = (command: string): string[][] =>
      contributes.menus['view/item/context']
        .filter((item) => item.command === command && item.when!.startsWith('view == rolloutLab.runs'))
        .map(({ when }) => {
          const [, pattern, text] = /viewItem (?:=~ \/(.*)\/|== (\S+))$/u.exec(when!)!;
          return runStatuses.filter((status) =>
            pattern ? new RegExp(pattern, 'u').test(`run.${status}`) : text === `run.${status}`,
          );
        });
    const ended = runStatuses.filter((status) => !activeStatuses.includes(status));
    const twice = (statuses: readonly string[]): (readonly string[])[] => [statuses, statuses];
    expect(offeredAt('rolloutLab.stopRun')).toEqual(twice(activeStatuses));
    expect(offeredAt('rolloutLab.resumeRun')).toEqual(twice(resumableStatuses));
    expect(offeredAt('rolloutLab.pauseRun')).toEqual(twice(['running']));
    expect(offeredAt('rolloutLab.startRunAfter')).toEqual([ended]);
  });

  it('has a walkthrough whose steps lead to commands, tick themselves, and have pictures in the colours of the theme', () => {
    const [{ id, steps }] = contributes.walkthroughs;
    expect(readFileSync(resolve(root, 'src/editor/welcome.ts'), 'utf8')).toContain(`#${id}`);
    for (const { description, completionEvents, media } of steps) {
      const linked = [...description.matchAll(/command:([\w.]+)/gu)].map(([, command]) => command);
      expect(linked.filter((command) => !declared.includes(command))).toEqual([]);
      expect(linked.length).toBeGreaterThan(0);
      // Each by a context that the extension sets: what it runs itself is no command to the editor.
      const told = completionEvents.flatMap((event) => /^onContext:rolloutLab\.(\w+)/u.exec(event)?.[1] ?? []);
      const sources = ['rollouts-tree', 'review-panel', 'panel-slot', 'import-command'].map((file) =>
        readFileSync(resolve(root, `src/editor/${file}.ts`), 'utf8'),
      );
      expect(
        told.filter((name) => !sources.some((source) => new RegExp(`setContext\\(['\`]${name}\\b`, 'u').test(source))),
      ).toEqual([]);
      expect(told).toHaveLength(completionEvents.length);
      const picture = readFileSync(resolve(root, media.svg), 'utf8');
      expect(picture.match(/(?:fill|stroke)="(?!none|var\(--vscode-)[^"]*"/u)).toBeNull();
      expect(media.altText).toMatch(/\.$/u);
    }
  });

  it('has the icons it names', () => {
    const icons = [
      icon,
      ...contributes.viewsContainers.activitybar.map(({ icon }) => icon),
      ...Object.values(contributes.views).flatMap((list) => list.map(({ icon }) => icon)),
    ];
    expect(icons.filter((icon) => !existsSync(resolve(root, icon)))).toEqual([]);
  });
});
