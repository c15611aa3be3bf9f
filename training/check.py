"""Proves the forward pass on the untrained base model: with the causal mask back it must continue English sensibly.

A wrong RoPE layout, head grouping or dequantization turns the continuations into noise.
"""

import argparse
from pathlib import Path

import torch
from gguf import GGUFReader

from training.config import HERE, load_config
from training.data.batches import pack
from training.data.samples import Sample
from training.model.source import base_model
from training.model.tokenizer import WordTokenizer
from training.model.weights import load_encoder

CONTINUATIONS = {
    "The capital of France is": " Paris",
    "Aspirin is used to treat pain and": " inflammation",
    "Water is made of hydrogen and": " oxygen",
    "Once upon a": " time",
}


@torch.inference_mode()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config", type=Path, default=HERE / "config.toml")
    arguments = parser.parse_args()
    path = base_model(load_config(arguments.config).source)
    tokenizer = WordTokenizer(GGUFReader(path))
    model = load_encoder(path)
    samples = [Sample((), tokenizer.text(text), (), ()) for text in CONTINUATIONS]
    # Packed together, so that a leak between sequences would show as well.
    batch = pack(samples)
    logits = model.hidden(batch, causal=True) @ model.token_embd.weight.T
    ends = torch.tensor(batch.lengths).cumsum(0) - 1
    right = 0
    for (text, expected), row in zip(CONTINUATIONS.items(), logits[ends], strict=True):
        best = row.softmax(-1).topk(5)
        words = [
            tokenizer.bpe.id_to_token(int(index)).replace("Ġ", " ")
            for index in best.indices
        ]
        chances = ", ".join(
            f"{word!r} {chance:.2f}"
            for word, chance in zip(words, best.values, strict=True)
        )
        print(f"{text!r} -> {chances}")
        right += expected in words
    rows = torch.tensor([token for sample in samples for token in sample.tokens[1:]])
    kept = torch.tensor(
        [row for row in range(len(batch.tokens)) if row not in set(ends.tolist())]
    )
    loss = torch.nn.functional.cross_entropy(logits[kept], rows)
    print(
        f"{right} of {len(CONTINUATIONS)} expected words among the five best; mean loss {loss:.3f} nats a token"
    )
    if right < len(CONTINUATIONS):
        raise SystemExit("the forward pass does not reproduce the base model")


if __name__ == "__main__":
    main()
