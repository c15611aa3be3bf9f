/** Types of models that cannot be converted, and why. */
const reasons: readonly (readonly [types: RegExp, reason: string])[] = [
  [
    /^deberta/,
    "DeBERTa's attention scores positions apart from content (disentangled attention), which the engine does not compute.",
  ],
  [/^smollm3$/, "some of SmolLM3's layers have no rotary positions (no_rope_layers)."],
  [/^gemma/, "Gemma scales its embeddings, adds 1 to the weights of its norms and has a GELU gate."],
];

/** Why a model of another type cannot be converted, if there is more to say than that it is of another type. */
export function reasonAgainst(model: string): string | undefined {
  return reasons.find(([types]) => types.test(model))?.[1];
}
