/** A run's configuration in words. Pure. */
import { basename } from 'node:path';
import { t } from '@vscode/l10n';
import { stagesText } from '../domain/curriculum.ts';
import type { RunConfig } from '../domain/run.ts';
import { selectedText, selectionMark } from '../domain/run-prompts.ts';
import type { RunRow } from '../store/store.ts';

/** "AVATAR · cold-start · stage audio-visual · λ 0.3 phase-warped · 4+4 · seed 1 · onnxruntime 142 ms a gradient step". */
export function configurationLine({
  config,
  backend,
  measured,
}: Pick<RunRow, 'config' | 'backend' | 'measured'>): string {
  const speed = backend === null ? undefined : measured?.[backend];
  return [
    config.preset.toUpperCase(),
    basename(config.policy) || t('no policy yet'),
    ...[config.dataset, selectedText(config)].filter((one) => one !== null),
    stagesLine(config),
    `λ ${config.tas.lambda} ${config.tas.scheme}`,
    `${config.onPolicy}+${config.offPolicy}`,
    ...(config.lora
      ? [t('LoRA r {0}', config.lora.rank)]
      : config.adapter
        ? [t('adapter {0}', basename(config.adapter))]
        : []),
    ...(config.baseBits === 8 ? [t('base of 8 bits')] : []),
    ...(config.rewardRule === 'authors' ? [t('rule authors')] : []),
    ...(config.judge === null ? [] : [t('judge {0}', config.judge.model)]),
    t('seed {0}', config.seed),
    `${backend ?? (config.engine === 'embedded' ? config.backend : config.engine)}${speed === undefined ? '' : ` ${t('{0} ms a gradient step', Math.round(speed))}`}`,
  ].join(' · ');
}

/** "stage visual", "all stages", or a curriculum's "visual 8 → audio-visual 8 → localisation 8". */
export function stagesLine({ stage, stages }: Pick<RunConfig, 'stage' | 'stages'>): string {
  if (stages.length > 0) return stages.map((one) => `${one.stage} ${one.steps}`).join(' → ');
  return stage === null ? t('all stages') : t('stage {0}', stage);
}

/** Every setting as [name, text], nested names joined by dots, in the configuration's order. */
export function settingLines(config: RunConfig): [string, string][] {
  const flat = (value: object, prefix: string): [string, string][] =>
    Object.entries(value).flatMap(([name, one]: [string, unknown]) => {
      if (Array.isArray(one)) return [[`${prefix}${name}`, one.join(', ') || t('any')]];
      if (one !== null && typeof one === 'object') return flat(one, `${prefix}${name}.`);
      return [[`${prefix}${name}`, one === null ? t('by default') : JSON.stringify(one).replaceAll('"', '')]];
    });
  const shown = { stages: stagesText(config.stages) || null, system: config.system ?? t('none') };
  return flat({ ...config, ...shown, prompts: selectionMark(config) }, '');
}
