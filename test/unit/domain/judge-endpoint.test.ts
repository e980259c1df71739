import { describe, expect, it } from 'vitest';
import { judgeFault, sameEndpoint, sentToJudge } from '../../../src/domain/judge-endpoint.ts';
import { judgeDefaults } from '../../../src/domain/preset.ts';

describe('the address of a judge', () => {
  it.each([
    ['https://judge.example/v1', 'https://judge.example/v1/', true],
    ['https://judge.example/v1', 'HTTPS://Judge.Example:443/v1', true],
    ['https://judge.example/v1', 'http://judge.example/v1', false],
    ['https://judge.example/v1', 'https://judge.example:8443/v1', false],
    ['https://judge.example/v1', 'https://judge.example/v2', false],
    ['https://judge.example/v1', 'https://judge.example.other/v1', false],
    ['https://judge.example/v1', 'judge.example/v1', false],
    ['judge', 'judge', false],
  ])('%s and %s are one: %j', (a, b, same) => {
    expect([sameEndpoint(a, b), sameEndpoint(b, a)]).toEqual([same, same]);
  });

  it('that a run names must be the one its user names', () => {
    const judge = { ...judgeDefaults, endpoint: 'https://judge.example/v1', model: 'small' };
    expect(judgeFault(null, null)).toBeNull();
    expect(judgeFault(judge, 'https://judge.example/v1/')).toBeNull();
    expect(judgeFault(judge, null)).toContain('https://judge.example/v1, which you have not named');
    expect(judgeFault({ ...judge, frames: 8 }, null)).toContain(
      'reasoning would be sent there, with its question, the correct answer, and 8 frames of its video.',
    );
    expect(judgeFault({ ...judge, frames: 8 }, judge.endpoint, 8)).toBeNull();
    expect(judgeFault({ ...judge, frames: 8 }, judge.endpoint, 0)).toContain(
      'sends its judge 8 frames of each video, and your settings allow 0',
    );
    expect(judgeFault(judge, 'https://mine.example/v1')).toContain('which is not https://mine.example/v1');
  });

  it('is told what it is sent', () => {
    expect(sentToJudge({ style: 'steps', frames: 0 })).toBe('its question and the correct answer');
    expect(sentToJudge({ style: 'steps', frames: 1 })).toBe(
      'its question, the correct answer, and 1 frame of its video',
    );
    expect(sentToJudge({ style: 'criteria', frames: 8 })).toBe(
      'its question, the correct answer, the final answer, the caption of its sound, and 8 frames of its video',
    );
  });
});
