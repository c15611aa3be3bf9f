"""Small stand-ins for what tests need."""

from collections.abc import Iterable

from training.model.encoder import Shape

SHAPE = Shape(
    layers=2,
    embedding=32,
    feed_forward=64,
    heads=4,
    kv_heads=2,
    epsilon=1e-5,
    rope_base=10000.0,
    rope_dimensions=8,
    vocabulary=50,
    context=64,
)


class Pieces:
    """Stands in for the tokenizer: one token a letter."""

    def word(self, word: str) -> tuple[int, ...]:
        return tuple(ord(letter) % 50 for letter in word)

    def count(self, words: Iterable[str]) -> int:
        return sum(map(len, words))

    def instruction(self, instruction: str) -> tuple[int, ...]:
        return (1, *self.word(instruction))
