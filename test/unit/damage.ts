/** Damage to files, for fuzzers: each is a function from what a file holds to what is left of it. */
import fc from './fc.ts';

/** What stands where something else was expected; text goes into the JSON as it is. */
const nasty = fc.constantFrom(
  ...[
    'null',
    'true',
    '""',
    '"x"',
    '-1',
    '0.5',
    '1e300',
    '9007199254740993',
    'NaN',
    '-Infinity',
    '[]',
    '[[]]',
    '[[[1]]]',
    '{}',
  ],
  ...[
    '{"__proto__": {"polluted": true}}',
    '"\\ud800"',
    '"\\u0000"',
    '"[151656 * 9]"',
    `"${'<|im_start|>user\\n'.repeat(50)}"`,
  ],
);

/** Changes of bytes: flipped, cut off, a byte order mark, line ends of Windows, bytes that are no UTF-8. */
export const byteDamage = fc.oneof(
  fc
    .array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 8,
    })
    .map((changes) => (bytes: Buffer) => {
      const damaged = Buffer.from(bytes);
      for (const [at, byte] of changes) damaged[Math.floor(at * (bytes.length - 1))] = byte;
      return damaged;
    }),
  fc
    .double({ min: 0, max: 1, noNaN: true })
    .map((at) => (bytes: Buffer) => bytes.subarray(0, Math.floor(at * bytes.length))),
  fc.constant((bytes: Buffer) => Buffer.concat([Buffer.from('\uFEFF'), bytes])),
  fc.constant((bytes: Buffer) => Buffer.from(bytes.toString().replaceAll('\n', '\r\n'))),
  fc.double({ min: 0, max: 1, noNaN: true }).map((at) => (bytes: Buffer) => {
    const place = Math.floor(at * bytes.length);
    return Buffer.concat([bytes.subarray(0, place), Buffer.from([0xc3, 0x28, 0xff]), bytes.subarray(place)]);
  }),
);

/** One value somewhere in the file, from a colon or a comma to the next, replaced; or a key that is none of ours put first. */
export const valueDamage = fc.tuple(fc.nat(), nasty, fc.boolean()).map(([at, value, added]) => (bytes: Buffer) => {
  const text = bytes.toString();
  if (added) return Buffer.from(text.replaceAll(/\{(?=\s*")/gu, `{"__proto__": ${value}, "constructor": ${value}, `));
  const values = [
    ...text.matchAll(/(?<=[:,[] ?)(?:"(?:[^"\\]|\\.)*"|-?[\w.+-]+|\[(?:[^[\]"]|"(?:[^"\\]|\\.)*")*\])/gu),
  ];
  const found = values[at % values.length];
  if (!found) return bytes;
  return Buffer.from(text.slice(0, found.index) + value + text.slice(found.index + found[0].length));
});
