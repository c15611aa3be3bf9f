/** Options about what a model does. */
export interface TaskOptions {
  /** Entity type of a head whose labels name none. Default: the type that the instruction asks for. */
  readonly entityType?: string | undefined;
  /**
   * Whether the model tags the tokens of running text instead of words; byte-level BPE only. Default: true for VANER2's
   * models, false for others.
   */
  readonly tagTokens?: boolean | undefined;
  /** Whether a token sees only the tokens before it. Default: as in the class of the checkpoint. */
  readonly causal?: boolean | undefined;
  /** Instruction that the model was trained with, with `{entityType}` and `{dataset}` as placeholders. */
  readonly template?: string | undefined;
  /** The same for texts of no particular dataset. */
  readonly adaptiveTemplate?: string | undefined;
  /** `dataset:Type` pairs that the model was trained on. Default: VANER's, for a model with its instruction. */
  readonly trained?: readonly string[] | undefined;
  /** Longest sequence of the training, in tokens, at least 2. Default: 128 for VANER, else 512. */
  readonly maxTokens?: number | undefined;
}

/** Options about the heads of a model. */
export interface HeadOptions extends Pick<TaskOptions, "entityType" | "tagTokens" | "template"> {
  /**
   * Labels of the head in row order, for example `["O", "B", "I"]` or `["O", "B-Disease", "I-Disease"]`; `O` may stand
   * for several rows. Default: those of the configuration.
   */
  readonly labels?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
}
