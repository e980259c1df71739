/** The store's tables. `PRAGMA user_version` counts the migrations a file has had; a migration that shipped never changes. */

const first = `
CREATE TABLE prompts (
  n INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  source_id TEXT,
  dataset TEXT NOT NULL,
  question TEXT NOT NULL,
  options TEXT NOT NULL,
  answer TEXT,
  problem_type TEXT NOT NULL,
  video TEXT,
  audio TEXT,
  hint TEXT,
  split TEXT NOT NULL,
  stage TEXT
) STRICT;
CREATE INDEX prompts_by_dataset ON prompts (dataset, n);
CREATE INDEX prompts_without_media ON prompts (n) WHERE video IS NULL AND audio IS NULL;

-- What another file may know a prompt by: its source's id, its text. Joins dumps to the datasets that hold their media.
CREATE TABLE prompt_keys (
  key TEXT NOT NULL,
  prompt_n INTEGER NOT NULL REFERENCES prompts ON DELETE CASCADE,
  PRIMARY KEY (key, prompt_n)
) STRICT, WITHOUT ROWID;
CREATE INDEX prompt_keys_by_prompt ON prompt_keys (prompt_n);

-- A prompt that was joined to another one keeps its id as a second name, so that importing it again adds nothing.
CREATE TABLE prompt_aliases (
  id TEXT PRIMARY KEY,
  prompt_n INTEGER NOT NULL REFERENCES prompts ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX prompt_aliases_by_prompt ON prompt_aliases (prompt_n);

CREATE TABLE runs (
  n INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  config TEXT NOT NULL,
  status TEXT NOT NULL,
  request TEXT NOT NULL,
  pid INTEGER,
  heartbeat INTEGER,
  step INTEGER NOT NULL,
  created_at TEXT NOT NULL,
  started_at TEXT,
  ended_at TEXT,
  measured TEXT,
  backend TEXT,
  error TEXT,
  summary TEXT,
  provenance TEXT
) STRICT;

-- The counts are kept up to date by whoever adds or takes away rollouts, so that a list of groups reads no rollout.
CREATE TABLE groups (
  n INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  prompt_n INTEGER NOT NULL REFERENCES prompts,
  run_n INTEGER REFERENCES runs,
  policy TEXT NOT NULL,
  policy_version INTEGER NOT NULL,
  rollouts INTEGER NOT NULL DEFAULT 0,
  scored INTEGER NOT NULL DEFAULT 0,
  mean REAL,
  std REAL,
  best REAL
) STRICT;
CREATE INDEX groups_by_prompt ON groups (prompt_n, n);
CREATE INDEX groups_by_run ON groups (run_n, n);

CREATE TABLE rollouts (
  n INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  prompt_n INTEGER NOT NULL REFERENCES prompts,
  group_n INTEGER NOT NULL REFERENCES groups,
  run_n INTEGER REFERENCES runs,
  run_step INTEGER,
  policy TEXT NOT NULL,
  policy_version INTEGER NOT NULL,
  completion TEXT NOT NULL,
  rewards TEXT NOT NULL,
  reward REAL,
  correct INTEGER,
  advantage REAL,
  token_ids BLOB,
  token_offsets BLOB,
  log_probs BLOB,
  tokenizer TEXT,
  hinted INTEGER NOT NULL,
  source TEXT NOT NULL,
  created_at TEXT NOT NULL
) STRICT;
CREATE INDEX rollouts_by_prompt ON rollouts (prompt_n, group_n, n);
CREATE INDEX rollouts_by_group ON rollouts (group_n, n);
CREATE INDEX rollouts_by_run ON rollouts (run_n, group_n, n);

CREATE TABLE labels (
  rollout_n INTEGER NOT NULL REFERENCES rollouts,
  annotator TEXT NOT NULL,
  boundaries TEXT NOT NULL,
  saved_at TEXT NOT NULL,
  PRIMARY KEY (rollout_n, annotator)
) STRICT, WITHOUT ROWID;

-- Every edit of a label, undo and redo too; nothing here is ever changed or deleted.
CREATE TABLE revisions (
  seq INTEGER PRIMARY KEY,
  rollout_n INTEGER NOT NULL REFERENCES rollouts,
  annotator TEXT NOT NULL,
  at TEXT NOT NULL,
  action TEXT NOT NULL,
  before TEXT,
  after TEXT
) STRICT;
CREATE INDEX revisions_by_label ON revisions (rollout_n, annotator, seq);

CREATE TABLE metrics (
  run_n INTEGER NOT NULL REFERENCES runs,
  step INTEGER NOT NULL,
  at INTEGER NOT NULL,
  "values" TEXT NOT NULL,
  advantages TEXT NOT NULL,
  PRIMARY KEY (run_n, step)
) STRICT, WITHOUT ROWID;

CREATE TABLE run_log (
  seq INTEGER PRIMARY KEY,
  run_n INTEGER NOT NULL REFERENCES runs,
  at INTEGER NOT NULL,
  level TEXT NOT NULL,
  message TEXT NOT NULL
) STRICT;
CREATE INDEX run_log_by_run ON run_log (run_n, seq);

CREATE TABLE checkpoints (
  run_n INTEGER NOT NULL REFERENCES runs,
  step INTEGER NOT NULL,
  path TEXT NOT NULL,
  created_at TEXT NOT NULL,
  PRIMARY KEY (run_n, step)
) STRICT, WITHOUT ROWID;

CREATE TABLE label_snapshots (
  run_n INTEGER NOT NULL REFERENCES runs,
  rollout_id TEXT NOT NULL,
  boundaries TEXT,
  source TEXT NOT NULL,
  PRIMARY KEY (run_n, rollout_id)
) STRICT, WITHOUT ROWID;

CREATE VIRTUAL TABLE prompt_text USING fts5 (
  question, content = 'prompts', content_rowid = 'n', tokenize = 'unicode61 remove_diacritics 2'
);
CREATE TRIGGER prompt_text_added AFTER INSERT ON prompts BEGIN
  INSERT INTO prompt_text (rowid, question) VALUES (new.n, new.question);
END;
CREATE TRIGGER prompt_text_removed AFTER DELETE ON prompts BEGIN
  INSERT INTO prompt_text (prompt_text, rowid, question) VALUES ('delete', old.n, old.question);
END;
CREATE VIRTUAL TABLE rollout_text USING fts5 (
  completion, content = 'rollouts', content_rowid = 'n', tokenize = 'unicode61 remove_diacritics 2'
);
CREATE TRIGGER rollout_text_added AFTER INSERT ON rollouts BEGIN
  INSERT INTO rollout_text (rowid, completion) VALUES (new.n, new.completion);
END;
CREATE TRIGGER rollout_text_removed AFTER DELETE ON rollouts BEGIN
  INSERT INTO rollout_text (rollout_text, rowid, completion) VALUES ('delete', old.n, old.completion);
END;
`;

/** What truly happens in a prompt's media, as JSON. */
const trueEvents = 'ALTER TABLE prompts ADD COLUMN events TEXT;';

/** Settings that runs had no word for yet, at the values that change nothing. */
const newSettings = `UPDATE runs SET config = json_insert(
  config, '$.stages', json('[]'), '$.ratioCap', NULL, '$.adapter', NULL, '$.lora', NULL, '$.tas.cues', NULL);`;

/** What judges answered; and runs from before there was a choice keep the programmatic one. */
const verdicts = `
CREATE TABLE verdicts (
  key TEXT PRIMARY KEY,
  scores TEXT NOT NULL,
  created_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
UPDATE runs SET config = json_insert(config, '$.judge', NULL);
`;

/** A label says more than boundaries: its whole value is one JSON object, in the labels and in their revisions. */
const labelValues = `
CREATE TABLE label_values (
  rollout_n INTEGER NOT NULL REFERENCES rollouts,
  annotator TEXT NOT NULL,
  value TEXT NOT NULL,
  boundaries TEXT GENERATED ALWAYS AS (value ->> '$.boundaries') VIRTUAL,
  saved_at TEXT NOT NULL,
  PRIMARY KEY (rollout_n, annotator)
) STRICT, WITHOUT ROWID;
INSERT INTO label_values (rollout_n, annotator, value, saved_at)
  SELECT rollout_n, annotator, json_object('boundaries', json(boundaries)), saved_at FROM labels;
DROP TABLE labels;
ALTER TABLE label_values RENAME TO labels;
UPDATE revisions SET before = json_object('boundaries', json(before)) WHERE before IS NOT NULL;
UPDATE revisions SET after = json_object('boundaries', json(after)) WHERE after IS NOT NULL;
`;

/** Programs' segmentations of rollouts, newest of each source; `refused_at` has a time or null for each boundary. */
const suggestions = `
CREATE TABLE suggestions (
  rollout_n INTEGER NOT NULL REFERENCES rollouts ON DELETE CASCADE,
  source TEXT NOT NULL,
  boundaries TEXT NOT NULL,
  scores TEXT NOT NULL,
  refused_at TEXT NOT NULL,
  entropy REAL NOT NULL,
  model TEXT NOT NULL,
  created_at TEXT NOT NULL,
  PRIMARY KEY (rollout_n, source)
) STRICT, WITHOUT ROWID;
CREATE INDEX suggestions_by_entropy ON suggestions (source, entropy DESC, rollout_n);
`;

/** The projects' own phases, newest last, and what a run weighs each with; before, there was one schema for all. */
const phaseSchemas = `
CREATE TABLE phase_schemas (
  n INTEGER PRIMARY KEY,
  phases TEXT NOT NULL,
  at TEXT NOT NULL
) STRICT;
UPDATE runs SET config = json_insert(config, '$.tas.phaseWeights', json('[1,0,1]'));
`;

/** What reviewers said of labels, with the label as it then was. */
const reviews = `
CREATE TABLE reviews (
  seq INTEGER PRIMARY KEY,
  rollout_n INTEGER NOT NULL REFERENCES rollouts,
  annotator TEXT NOT NULL,
  reviewer TEXT NOT NULL,
  verdict TEXT NOT NULL,
  value TEXT NOT NULL,
  at TEXT NOT NULL
) STRICT;
CREATE INDEX reviews_by_label ON reviews (rollout_n, annotator, reviewer, seq);
`;

/** Where rollouts stand with each annotator, and their flags; `status_changes` is never changed or deleted. */
const statuses = `
CREATE TABLE statuses (
  rollout_n INTEGER NOT NULL REFERENCES rollouts,
  annotator TEXT NOT NULL,
  status TEXT NOT NULL,
  reason TEXT,
  at TEXT NOT NULL,
  PRIMARY KEY (rollout_n, annotator)
) STRICT, WITHOUT ROWID;
CREATE TABLE flags (
  rollout_n INTEGER NOT NULL REFERENCES rollouts,
  annotator TEXT NOT NULL,
  PRIMARY KEY (rollout_n, annotator)
) STRICT, WITHOUT ROWID;
CREATE TABLE status_changes (
  seq INTEGER PRIMARY KEY,
  rollout_n INTEGER NOT NULL REFERENCES rollouts,
  annotator TEXT NOT NULL,
  at TEXT NOT NULL,
  change TEXT NOT NULL,
  reason TEXT
) STRICT;
CREATE INDEX status_changes_by_rollout ON status_changes (rollout_n, seq);
CREATE INDEX status_changes_by_annotator ON status_changes (annotator, change, seq);
`;

/** What people say of places of rollouts; never changed or deleted. `value` is JSON, of what is added or edited. */
const comments = `
CREATE TABLE comment_changes (
  seq INTEGER PRIMARY KEY,
  comment TEXT NOT NULL,
  rollout_n INTEGER NOT NULL REFERENCES rollouts,
  annotator TEXT NOT NULL,
  at TEXT NOT NULL,
  change TEXT NOT NULL,
  value TEXT
) STRICT;
CREATE INDEX comment_changes_by_rollout ON comment_changes (rollout_n, seq);
CREATE INDEX comment_changes_by_comment ON comment_changes (comment, seq);
`;

/** The instructions (system messages) of prompts and rollouts, each text once. */
const instructions = `
CREATE TABLE instructions (
  n INTEGER PRIMARY KEY,
  text TEXT NOT NULL UNIQUE
) STRICT;
ALTER TABLE prompts ADD COLUMN instruction_n INTEGER REFERENCES instructions;
ALTER TABLE rollouts ADD COLUMN instruction_n INTEGER REFERENCES instructions;
CREATE INDEX prompts_by_instruction ON prompts (instruction_n) WHERE instruction_n IS NOT NULL;
CREATE INDEX rollouts_by_instruction ON rollouts (instruction_n) WHERE instruction_n IS NOT NULL;
`;

/** The row of another trainer's dataset that a prompt was read from, as JSON. */
const sourceRows = 'ALTER TABLE prompts ADD COLUMN source_row TEXT;';

/** All media of a prompt that has several, in order, as JSON. */
const severalMedia = 'ALTER TABLE prompts ADD COLUMN media TEXT;';

/** Why a rollout ended. */
const finishReason = 'ALTER TABLE rollouts ADD COLUMN finish TEXT;';

/** A rollout that a newer version reads under another id keeps the one that it has, and the other as a second name. */
const rolloutAliases = `
CREATE TABLE rollout_aliases (
  id TEXT PRIMARY KEY,
  rollout_n INTEGER NOT NULL REFERENCES rollouts ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX rollout_aliases_by_rollout ON rollout_aliases (rollout_n);
`;

/** Whether an answer is right is read from its rewards: what was kept of it was by a rule that the marks did not have. */
const noCorrect = 'ALTER TABLE rollouts DROP COLUMN correct;';

/**
 * Evaluations: which rollouts and groups are of one, and who makes it. How many of its rollouts are there is counted, never kept. What a
 * benchmark calls a prompt's kind is its category.
 */
const evaluations = `
CREATE TABLE evaluations (
  n INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  policy TEXT NOT NULL,
  policy_version INTEGER NOT NULL,
  adapter TEXT,
  dataset TEXT,
  split TEXT,
  settings TEXT,
  source TEXT NOT NULL,
  status TEXT NOT NULL,
  request TEXT NOT NULL,
  pid INTEGER,
  heartbeat INTEGER,
  total INTEGER,
  created_at TEXT NOT NULL,
  started_at TEXT,
  ended_at TEXT,
  error TEXT
) STRICT;
ALTER TABLE groups ADD COLUMN evaluation_n INTEGER REFERENCES evaluations;
ALTER TABLE rollouts ADD COLUMN evaluation_n INTEGER REFERENCES evaluations;
CREATE INDEX groups_by_evaluation ON groups (evaluation_n) WHERE evaluation_n IS NOT NULL;
CREATE INDEX rollouts_by_evaluation ON rollouts (evaluation_n, prompt_n, n) WHERE evaluation_n IS NOT NULL;
ALTER TABLE prompts ADD COLUMN category TEXT;
`;

/** Where a run of the engine ray is, as JSON; and runs from before there was one name no cluster. */
const remoteRuns = `
ALTER TABLE runs ADD COLUMN remote TEXT;
UPDATE runs SET config = json_insert(config, '$.ray', NULL);
`;

/** What judges said of replies, by the hash of what they judged, and whose verdicts count in an evaluation. */
const answerVerdicts = `
CREATE TABLE answer_verdicts (
  key TEXT NOT NULL,
  endpoint TEXT NOT NULL,
  model TEXT NOT NULL,
  extracted TEXT,
  correct INTEGER NOT NULL,
  created_at TEXT NOT NULL,
  PRIMARY KEY (key, endpoint, model)
) STRICT, WITHOUT ROWID;
ALTER TABLE evaluations ADD COLUMN judge TEXT;
`;

/** Whether a process has a run is told by a lock (`RunLocks`), where it was told by the time of its last beat; how often one took it is counted. */
const claims = ['runs', 'evaluations']
  .map(
    (table) => `
ALTER TABLE ${table} ADD COLUMN claims INTEGER NOT NULL DEFAULT 0;
UPDATE ${table} SET claims = heartbeat IS NOT NULL;
ALTER TABLE ${table} DROP COLUMN heartbeat;
`,
  )
  .join('');

/** The rows of people carry a checksum of what they hold (checksums.ts), those that are there, too: of their key first, then of the others. */
const checksums = (
  [
    ['labels', 'rollout_n, annotator, value, saved_at'],
    ['revisions', 'seq, rollout_n, annotator, at, action, before, after'],
    ['reviews', 'seq, rollout_n, annotator, reviewer, verdict, value, at'],
    ['statuses', 'rollout_n, annotator, status, reason, at'],
    ['flags', 'rollout_n, annotator'],
    ['status_changes', 'seq, rollout_n, annotator, at, change, reason'],
    ['comment_changes', 'seq, comment, rollout_n, annotator, at, change, value'],
  ] as const
)
  .map(
    ([table, columns]) => `
ALTER TABLE ${table} ADD COLUMN checksum TEXT;
UPDATE ${table} SET checksum = checksum(${columns});
`,
  )
  .join('');
/**
 * How many rollouts of a group are labelled, wrong and hinted, counted like its other counts: which prompts and rollouts a filter keeps is read
 * from small indexes. `is_right` is the program's (correctness.ts): who changes what it says adds a migration that counts again.
 */
const groupCounts = `
ALTER TABLE groups ADD COLUMN labelled INTEGER NOT NULL DEFAULT 0;
ALTER TABLE groups ADD COLUMN wrong INTEGER NOT NULL DEFAULT 0;
ALTER TABLE groups ADD COLUMN hinted INTEGER NOT NULL DEFAULT 0;
UPDATE groups SET (labelled, wrong, hinted) = (
  SELECT count(*) FILTER (WHERE EXISTS (SELECT 1 FROM labels l WHERE l.rollout_n = r.n)),
    count(*) FILTER (WHERE is_right(r.rewards, r.reward) = 0), count(*) FILTER (WHERE r.hinted)
  FROM rollouts r WHERE r.group_n = groups.n);
CREATE INDEX groups_labelled ON groups (prompt_n) WHERE labelled > 0;
CREATE INDEX groups_unlabelled ON groups (prompt_n) WHERE labelled < rollouts;
CREATE INDEX groups_wrong ON groups (prompt_n) WHERE wrong > 0;
CREATE INDEX groups_hinted ON groups (prompt_n) WHERE hinted > 0;
CREATE INDEX groups_vanishing ON groups (prompt_n) WHERE scored > 1 AND std < 0.000001 AND evaluation_n IS NULL;
CREATE INDEX prompts_hinted ON prompts (n) WHERE hint IS NOT NULL;
CREATE INDEX statuses_by_status ON statuses (status, rollout_n);
CREATE INDEX comments_added ON comment_changes (rollout_n) WHERE change = 'add';
-- Paths from before they counted from the project's folder on are looked for at each opening.
CREATE INDEX prompts_by_video ON prompts (video) WHERE video IS NOT NULL;
CREATE INDEX prompts_by_audio ON prompts (audio) WHERE audio IS NOT NULL;
`;

/** What a table of all rollouts is filtered and sorted by, apart from the long texts: without it, each of these reads every completion. */
const rolloutFacts = `CREATE INDEX rollout_facts ON rollouts (prompt_n, group_n, run_n, run_step, policy, policy_version, rewards, reward, advantage,
  finish, hinted, evaluation_n, length(completion), length(token_ids));`;

/** Where an evaluation of the engine ray is, as JSON, and what its process last said; those from before there was one name no cluster. */
const remoteEvaluations = `
ALTER TABLE evaluations ADD COLUMN remote TEXT;
ALTER TABLE evaluations ADD COLUMN said TEXT;
UPDATE evaluations SET settings = json_insert(settings, '$.ray', NULL);
`;

/** What is known of each token beside its log-prob (`TokenCurves`), and the rollout's numbers by its tokens (`TokenFacts`), by which tables are sorted. */
const tokenCurves = `
CREATE TABLE token_curves (
  rollout_n INTEGER NOT NULL REFERENCES rollouts ON DELETE CASCADE,
  name TEXT NOT NULL,
  scores BLOB NOT NULL,
  PRIMARY KEY (rollout_n, name)
) STRICT;
CREATE TABLE token_facts (
  rollout_n INTEGER PRIMARY KEY REFERENCES rollouts ON DELETE CASCADE,
  entropy REAL,
  log_prob REAL,
  gap REAL,
  mismatch REAL,
  ratio REAL
) STRICT;
INSERT INTO token_facts (rollout_n, log_prob)
  SELECT n, mean_float32(log_probs) FROM rollouts WHERE mean_float32(log_probs) IS NOT NULL;
`;

/** The rollouts of an iteration of a run, which is looked at while it goes on, and those of long ago, which go. */
const rolloutsByIteration = 'CREATE INDEX rollouts_by_iteration ON rollouts (run_n, run_step) WHERE run_n IS NOT NULL;';

/** How often the replies of an evaluation were changed or judged: what was scored before says nothing of them any more. */
const evaluationChanges = 'ALTER TABLE evaluations ADD COLUMN changes INTEGER NOT NULL DEFAULT 0;';

/** Tags that people put on rollouts; `tag_changes` is never changed or deleted. */
const tags = `
CREATE TABLE tags (
  rollout_n INTEGER NOT NULL REFERENCES rollouts,
  annotator TEXT NOT NULL,
  tag TEXT NOT NULL,
  checksum TEXT,
  PRIMARY KEY (rollout_n, annotator, tag)
) STRICT, WITHOUT ROWID;
CREATE INDEX tags_by_tag ON tags (tag);
CREATE TABLE tag_changes (
  seq INTEGER PRIMARY KEY,
  rollout_n INTEGER NOT NULL REFERENCES rollouts,
  annotator TEXT NOT NULL,
  tag TEXT NOT NULL,
  at TEXT NOT NULL,
  change TEXT NOT NULL,
  checksum TEXT
) STRICT;
CREATE INDEX tag_changes_by_rollout ON tag_changes (rollout_n, seq);
`;

/** What is counted of a rollout's text, by which tables are sorted. */
const textFacts = `
CREATE TABLE text_facts (
  rollout_n INTEGER PRIMARY KEY REFERENCES rollouts ON DELETE CASCADE,
  words INTEGER NOT NULL
) STRICT;
INSERT INTO text_facts (rollout_n, words) SELECT n, word_count(completion) FROM rollouts;
`;

/** What people say of steps of rollouts, never changed or deleted, with its checksum; and the projects' own error types, newest last. `steps` and `types` are JSON. */
const judgements = `
CREATE TABLE judgement_changes (
  seq INTEGER PRIMARY KEY,
  rollout_n INTEGER NOT NULL REFERENCES rollouts,
  annotator TEXT NOT NULL,
  at TEXT NOT NULL,
  action TEXT NOT NULL,
  steps TEXT NOT NULL,
  checksum TEXT
) STRICT;
CREATE INDEX judgement_changes_by_rollout ON judgement_changes (rollout_n, annotator, seq);
CREATE TABLE error_types (
  n INTEGER PRIMARY KEY,
  types TEXT NOT NULL,
  at TEXT NOT NULL
) STRICT;
`;

/** What people say of two rollouts of a prompt, never changed or deleted: the verdict is of `rollout_n` against `other_n`, which is the later row; null where it is taken back. */
const preferences = `
CREATE TABLE preference_changes (
  seq INTEGER PRIMARY KEY,
  rollout_n INTEGER NOT NULL REFERENCES rollouts,
  other_n INTEGER NOT NULL REFERENCES rollouts,
  annotator TEXT NOT NULL,
  at TEXT NOT NULL,
  action TEXT NOT NULL,
  verdict TEXT,
  checksum TEXT
) STRICT;
CREATE INDEX preference_changes_by_rollout ON preference_changes (rollout_n, annotator, seq);
CREATE INDEX preference_changes_by_other ON preference_changes (other_n, annotator, seq);
`;

/** What people write in place of completions, never changed or deleted; `text` is null where it is taken back. */
const corrections = `
CREATE TABLE correction_changes (
  seq INTEGER PRIMARY KEY,
  rollout_n INTEGER NOT NULL REFERENCES rollouts,
  annotator TEXT NOT NULL,
  at TEXT NOT NULL,
  action TEXT NOT NULL,
  text TEXT,
  checksum TEXT
) STRICT;
CREATE INDEX correction_changes_by_rollout ON correction_changes (rollout_n, annotator, seq);
`;

const mirrored = [
  ...[
    'prompt_n',
    'group_n',
    'run_n',
    'run_step',
    'policy',
    'policy_version',
    'rewards',
    'reward',
    'advantage',
    'finish',
  ],
  ...['hinted', 'evaluation_n'],
];

/**
 * What a table of all rollouts is filtered, sorted and counted by, in the order in which they came in: a narrow table of its own, so that no
 * long text is passed over. The triggers keep what a rollout's row says; `correct` and `words` are the program's to keep (`addRollouts`), and who
 * changes what `is_right` says adds a migration that asks it again.
 */
const factsTable = `
CREATE TABLE facts (
  n INTEGER PRIMARY KEY REFERENCES rollouts ON DELETE CASCADE,
  prompt_n INTEGER NOT NULL,
  correct INTEGER,
  reward REAL,
  tokens INTEGER,
  characters INTEGER NOT NULL,
  words INTEGER,
  run_step INTEGER,
  group_n INTEGER NOT NULL,
  run_n INTEGER,
  evaluation_n INTEGER,
  advantage REAL,
  hinted INTEGER NOT NULL,
  finish TEXT,
  policy_version INTEGER NOT NULL,
  policy TEXT NOT NULL,
  rewards TEXT NOT NULL
) STRICT;
INSERT INTO facts (n, correct, tokens, characters, words, ${mirrored.join(', ')})
  SELECT r.n, is_right(r.rewards, r.reward), length(r.token_ids) / 4, length(r.completion), w.words, ${mirrored.map((name) => `r.${name}`).join(', ')}
  FROM rollouts r INDEXED BY rollout_facts LEFT JOIN text_facts w ON w.rollout_n = r.n ORDER BY r.n;
DROP INDEX rollout_facts;
DROP TABLE text_facts;
ALTER TABLE facts RENAME TO rollout_facts;
CREATE INDEX rollout_facts_by_prompt ON rollout_facts (prompt_n, policy, policy_version, correct);
CREATE TRIGGER rollout_facts_added AFTER INSERT ON rollouts BEGIN
  INSERT INTO rollout_facts (n, tokens, characters, ${mirrored.join(', ')})
    VALUES (new.n, length(new.token_ids) / 4, length(new.completion), ${mirrored.map((name) => `new.${name}`).join(', ')});
END;
CREATE TRIGGER rollout_facts_changed AFTER UPDATE OF completion, token_ids, ${mirrored.join(', ')} ON rollouts BEGIN
  UPDATE rollout_facts SET (tokens, characters, ${mirrored.join(', ')}) =
    (length(new.token_ids) / 4, length(new.completion), ${mirrored.map((name) => `new.${name}`).join(', ')}) WHERE n = new.n;
END;
`;

/** What people write in place of completions and have not saved yet, or gave up last: a row of each person, which the next one takes the place of. */
const correctionDrafts = `
CREATE TABLE correction_drafts (
  rollout_n INTEGER NOT NULL REFERENCES rollouts,
  annotator TEXT NOT NULL,
  at TEXT NOT NULL,
  draft TEXT,
  discarded TEXT,
  checksum TEXT,
  PRIMARY KEY (rollout_n, annotator)
) STRICT, WITHOUT ROWID;
`;

/** Where the phases of a corrected text begin, as JSON; null where they are those of the label. A row that is not as it was saved stays known as one. */
const correctionPhases = `
ALTER TABLE correction_changes ADD COLUMN boundaries TEXT;
UPDATE correction_changes SET checksum = checksum(seq, rollout_n, annotator, at, action, text, boundaries)
  WHERE checksum IS checksum(seq, rollout_n, annotator, at, action, text);
`;

/** Migration i takes a file from version i to i + 1. */
export const migrations: readonly string[] = [
  first,
  trueEvents,
  newSettings,
  verdicts,
  labelValues,
  suggestions,
  phaseSchemas,
  reviews,
  statuses,
  comments,
  instructions,
  sourceRows,
  severalMedia,
  finishReason,
  rolloutAliases,
  noCorrect,
  evaluations,
  remoteRuns,
  answerVerdicts,
  claims,
  checksums,
  groupCounts,
  rolloutFacts,
  remoteEvaluations,
  tokenCurves,
  rolloutsByIteration,
  evaluationChanges,
  tags,
  textFacts,
  judgements,
  preferences,
  corrections,
  factsTable,
  correctionDrafts,
  correctionPhases,
];
