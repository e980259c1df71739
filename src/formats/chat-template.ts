/** The text that a chat template made of messages, taken apart again: with its special tokens, or decoded without them, as verl logs it. */

export interface Turn {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

const roles: Readonly<Record<string, Turn['role']>> = {
  system: 'system',
  SYSTEM_PROMPT: 'system',
  user: 'user',
  User: 'user',
  INST: 'user',
};

/** The turns of a text; one user turn where no template is known in it. */
export function untemplate(text: string): Turn[] {
  for (const turnsOf of templates) {
    const spoken = turnsOf(text).filter(({ content }) => content.trim() !== '');
    if (spoken.length > 0) return spoken;
  }
  return [{ role: 'user', content: text }];
}

/** Surest first. */
const templates: readonly ((text: string) => Turn[])[] = [
  // ChatML, Llama 3, Gemma, Mistral.
  (text) => turns(text.matchAll(/<\|im_start\|>(\w+)\n(.*?)(?:<\|im_end\|>|$)/gsu)),
  (text) =>
    turns(text.matchAll(/<\|start_header_id\|>(\w+)<\|end_header_id\|>\n\n(.*?)(?:<\|eo[tm]_id\|>|$)/gsu)).map(undated),
  (text) => turns(text.matchAll(/<start_of_turn>(\w+)\n(.*?)(?:<end_of_turn>|$)/gsu)),
  (text) => turns(text.matchAll(/\[(INST|SYSTEM_PROMPT)\](.*?)\[\/\1\]/gsu)),
  deepSeek,
  llamaDecoded,
  // ChatML and Gemma, decoded: a role has a line of its own.
  (text) => (/(?:^|\n)user\n/u.test(text) ? turns(text.matchAll(rolesOnLines)) : []),
];

const rolesOnLines =
  /(?:^|\n)(system|user|assistant|model)\n(.*?)(?=\n(?:system|user|assistant|model)\n|\n?(?:assistant|model)\n?$|$)/gsu;

function turns(matches: Iterable<RegExpExecArray>): Turn[] {
  return [...matches].map(([, role, content]) => ({ role: roles[role] ?? 'assistant', content }));
}

/** R1's marks are no special tokens, so decoding keeps them; its system message stands before the first. */
function deepSeek(text: string): Turn[] {
  const [system, ...rest] = text.replaceAll(/<｜(?:begin|end)▁of▁sentence｜>/gu, '').split(/<｜(User|Assistant)｜>/u);
  if (rest.length === 0) return [];
  const said = rest.flatMap((role, i) =>
    i % 2 === 0 ? [{ role: roles[role] ?? ('assistant' as const), content: rest[i + 1] }] : [],
  );
  return [{ role: 'system', content: system }, ...said];
}

/** Llama 3, decoded: a role stands right behind what was said before it, so that only the last question is sure. */
function llamaDecoded(text: string): Turn[] {
  const end = text.lastIndexOf('assistant\n\n');
  const start = end < 0 ? -1 : text.lastIndexOf('user\n\n', end);
  if (start < 0 || !/^(?:system|user)\n\n/u.test(text)) return [];
  const system = text.startsWith('system') ? text.slice('system\n\n'.length, text.indexOf('user\n\n')) : '';
  return [
    undated({ role: 'system', content: system }),
    { role: 'user', content: text.slice(start + 'user\n\n'.length, end) },
  ];
}

/** Llama 3's template writes dates above every system message, that of a chat without one too: they are not part of it. */
function undated({ role, content }: Turn): Turn {
  const dates = /^(?:(?:Cutting Knowledge|Today) Date: [^\n]*\n)+\n/u;
  return { role, content: role === 'system' ? content.replace(dates, '') : content };
}
