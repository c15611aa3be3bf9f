"""Tokenizes words the way the engine does: every word by itself, behind one space."""

from collections.abc import Iterable

from gguf import GGUFReader
from tokenizers import Tokenizer
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel, Digits, Sequence


class WordTokenizer:
    """SmolLM2's byte-level BPE over the vocabulary and the merges that the GGUF file holds.

    The space is put in front here and not by ByteLevel(add_prefix_space=True), because that would put one in front
    of every digit too: the pre-tokenizer sees each digit as a piece of its own.
    """

    def __init__(self, reader: GGUFReader):
        kind = reader.get_field("tokenizer.ggml.pre").contents()
        if kind != "smollm":
            raise ValueError(
                f"this recipe knows the pre-tokenizer 'smollm', not '{kind}'"
            )
        tokens = reader.get_field("tokenizer.ggml.tokens").contents()
        merges = reader.get_field("tokenizer.ggml.merges").contents()
        pairs = [tuple(merge.split(" ")) for merge in merges]
        self.bos = reader.get_field("tokenizer.ggml.bos_token_id").contents()
        self.bpe = Tokenizer(
            BPE(
                vocab={token: index for index, token in enumerate(tokens)}, merges=pairs
            )
        )
        self.bpe.pre_tokenizer = Sequence(
            [Digits(individual_digits=True), ByteLevel(add_prefix_space=False)]
        )
        self.known: dict[str, tuple[int, ...]] = {}

    def word(self, word: str) -> tuple[int, ...]:
        """Tokens of one word; never empty, since the space itself is a token where nothing else is."""
        if word not in self.known:
            self.known[word] = self.text(" " + word)
        return self.known[word]

    def count(self, words: Iterable[str]) -> int:
        return sum(len(self.word(word)) for word in words)

    def text(self, text: str) -> tuple[int, ...]:
        return tuple(self.bpe.encode(text, add_special_tokens=False).ids)

    def instruction(self, instruction: str) -> tuple[int, ...]:
        """BOS, then the instruction as word 0: a space in front, and its own trailing space as a last token."""
        return (self.bos, *self.word(instruction))
