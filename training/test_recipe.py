"""What must hold whatever the weights are: python -m unittest training.test_recipe"""

import unittest

import torch

from training.config import HERE, load_config
from training.corpora import Sentence
from training.model import Encoder, Shape
from training.samples import Sample, group, make_samples, pack
from training.scores import entities, score
from training.train import rate

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

    def instruction(self, instruction: str) -> tuple[int, ...]:
        return (1, *self.word(instruction))


class ScoresTest(unittest.TestCase):
    def test_an_i_without_b_opens_an_entity(self) -> None:
        self.assertEqual(entities([0, 2, 2, 0, 1, 1, 2]), {(1, 2), (4, 4), (5, 6)})

    def test_entities_need_both_ends_right(self) -> None:
        result = score([[1, 2, 0, 1]], [[1, 0, 0, 1]])
        self.assertEqual((result.support, result.predicted, result.correct), (2, 2, 1))
        self.assertAlmostEqual(result.f1, 0.5)

    def test_nothing_at_all_is_no_division_by_zero(self) -> None:
        self.assertEqual(score([[0]], [[0]]).f1, 0.0)


class SamplesTest(unittest.TestCase):
    sentence = Sentence(("abc", "de", "f"), (1, 2, 0))

    def test_labels_sit_on_first_tokens(self) -> None:
        (sample,) = make_samples(self.sentence, "xy", Pieces())
        self.assertEqual(sample.word_starts, (3, 6, 8))
        self.assertEqual(len(sample), 9)

    def test_long_sentences_are_cut_between_words(self) -> None:
        samples = make_samples(self.sentence, "xy", Pieces(), max_tokens=6)
        self.assertEqual([sample.labels for sample in samples], [(1,), (2, 0)])

    def test_groups_hold_every_sample_once_within_the_budget(self) -> None:
        samples = [Sample((0,) * length, (), ()) for length in (5, 1, 9, 3, 3)]
        groups = group(samples, 9)
        self.assertEqual(
            sorted(index for indices in groups for index in indices), [0, 1, 2, 3, 4]
        )
        self.assertTrue(
            all(
                sum(len(samples[index]) for index in indices) <= 9 for indices in groups
            )
        )


class EncoderTest(unittest.TestCase):
    def test_results_do_not_depend_on_the_batch(self) -> None:
        torch.manual_seed(1)
        model = Encoder(SHAPE, 3)
        samples = [
            Sample(tuple(range(1, length + 1)), (0, length - 1), (0, 0))
            for length in (3, 11, 7)
        ]
        with torch.inference_mode():
            packed = model(pack(samples))
            single = torch.cat([model(pack([sample])) for sample in samples])
        torch.testing.assert_close(packed, single, rtol=1e-4, atol=1e-5)

    def test_every_word_sees_both_sides(self) -> None:
        torch.manual_seed(1)
        model = Encoder(SHAPE, 3)
        with torch.inference_mode():
            first = model(pack([Sample((1, 2, 3), (0,), (0,))]))
            second = model(pack([Sample((1, 2, 4), (0,), (0,))]))
        self.assertFalse(torch.allclose(first, second))


class ConfigTest(unittest.TestCase):
    def test_the_instruction_is_vaners_to_the_last_space(self) -> None:
        instruction = load_config(HERE / "config.toml").instruction
        expected = "If any Disease entity is mentioned in the ncbi input, extract it. ##input: "
        self.assertEqual(instruction.text("Disease", "ncbi"), expected)
        self.assertEqual(
            instruction.text("Disease", None), expected.replace("ncbi ", "")
        )

    def test_the_rate_ends_at_zero(self) -> None:
        self.assertEqual(
            (rate(0.0, 0.1), rate(0.1, 0.1), rate(1.0, 0.1)), (0.0, 1.0, 0.0)
        )


if __name__ == "__main__":
    unittest.main()
