/** Which keys of another program's configuration are known here: one that is not may change the numbers, and is refused by its name. */

/** The keys of `config` that are on and not known; null, false, and what is empty, are off. */
export const unknownKeys = (config: object, known: (key: string) => boolean): string[] =>
  Object.entries(config).flatMap(([key, value]: [string, unknown]) => (known(key) || isOff(value) ? [] : key));

const isOff = (value: unknown): boolean =>
  value === null || value === false || (typeof value === 'object' && Object.keys(value).length === 0);

const words = (text: string): string[] => text.trim().split(/\s+/);

/** Keys of config.json that do not change what a policy computes: what wrote it, how it is loaded, its dropout, its classes … */
const free = new Set([
  ...words(`
    architectures attention_dropout attn_implementation auto_map chunk_size_feed_forward classifier_dropout dtype
    experts_implementation finetuning_task gradient_checkpointing id2label is_decoder is_llama_config
    keys_to_ignore_at_inference label2id max_sequence_length name_or_path num_labels output_attentions
    output_hidden_states prefix pretraining_tp problem_type return_dict task_specific_params tf_legacy_loss
    tokenizer_class torch_dtype torchscript transformers.js_config transformers_version use_bfloat16 use_cache
    use_return_dict
  `),
  // … and what transformers 4 wrote there of a generation.
  ...words(`
    assistant_confidence_threshold assistant_lookbehind bad_words_ids begin_suppress_tokens diversity_penalty
    do_sample early_stopping encoder_no_repeat_ngram_size encoder_repetition_penalty epsilon_cutoff eta_cutoff
    exponential_decay_length_penalty length_penalty max_length min_length no_repeat_ngram_size
    num_assistant_tokens num_assistant_tokens_schedule num_beam_groups num_beams num_return_sequences
    output_scores remove_invalid_values repetition_penalty return_dict_in_generate suppress_tokens
    target_lookbehind temperature top_k top_p typical_p
  `),
]);

/** Whether a key of config.json changes nothing that a policy computes: a known one, the id of a token, or a program's own note. */
export const isFree = (key: string): boolean =>
  free.has(key) || /_token_(id|ids|index)$/.test(key) || /^(_|unsloth_)/.test(key);
