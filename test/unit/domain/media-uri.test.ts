import { expect, it } from 'vitest';
import { isObject, mediaUriFault, objectUri } from '../../../src/domain/media-uri.ts';
import { parseRay } from '../../../src/domain/preset.ts';

it.each(['s3://lab', 's3://lab/', 's3://lab/av/2026 é+%', 'gs://lab_2/av', 's3://my.bucket-1/a.b/..c'])(
  'media may lie under %s',
  (uri) => {
    expect(mediaUriFault(uri)).toBeNull();
    expect(parseRay({ address: 'http://ray.example', mediaUri: uri }).mediaUri).toBe(uri.replace(/\/$/u, ''));
  },
);

it.each([
  '',
  'lab/av',
  's3://',
  's3:///av',
  'https://lab.example/av',
  'file:///av',
  // What could be a secret, or lead to a stranger with one.
  's3://key:secret@lab/av',
  's3://lab/av?X-Amz-Signature=abc',
  's3://lab/av?endpoint_override=evil.example',
  's3://lab/av#a',
  's3://lab/../other',
  's3://lab/a//b',
  's3://lab/a\nb',
])('and not under %j', (uri) => {
  expect(mediaUriFault(uri)).toMatch(/^must be s3:/u);
  expect(() => parseRay({ address: 'http://ray.example', mediaUri: uri })).toThrow('ray.mediaUri: must be s3://');
});

it('rows from before there was a choice have none', () => {
  expect(parseRay({ address: 'http://ray.example' }).mediaUri).toBeNull();
});

it('a medium lies there by its name', () => {
  expect(objectUri('s3://lab/av', 'clips/1.mp4')).toBe('s3://lab/av/clips/1.mp4');
  expect(objectUri('s3://lab/av', null)).toBeNull();
  expect(['s3://lab/a', 'gs://lab/a', 's3:/lab/a', '/s3://a', 'clips/1.mp4'].map(isObject)).toEqual([
    ...[true, true, false, false, false],
  ]);
});
