"""What must hold whatever the weights are: python -m unittest training.test_recipe"""

import random
import unittest
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from gguf import GGMLQuantizationType
from gguf.quants import dequantize, quantize

from training.adapt import difference, whole_sequence
from training.config import HERE, Dense, load_config
from training.corpora import Sentence
from training.dense import DenseTerms, without_ambiguous
from training.model import Encoder, Shape
from training.rounding import as_stored, q5_0
from training.samples import (
    Sample,
    count_rows,
    fill,
    group,
    join,
    make_samples,
    pack,
)
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
        self.assertEqual(sample.word_starts, (0, 3, 5))
        self.assertEqual(len(sample.instruction), 3)
        self.assertEqual(len(sample), 9)

    def test_long_sentences_are_cut_between_words(self) -> None:
        samples = make_samples(self.sentence, "xy", Pieces(), max_tokens=6)
        self.assertEqual([sample.labels for sample in samples], [(1,), (2, 0)])

    def test_groups_hold_every_sample_once_within_the_budget(self) -> None:
        samples = [
            Sample((kind,) * 2, (0,) * length, (), ())
            for kind, length in ((1, 5), (2, 1), (1, 7), (2, 3), (1, 3))
        ]
        groups = group(samples, 9)
        self.assertEqual(
            sorted(index for indices in groups for index in indices), [0, 1, 2, 3, 4]
        )
        for indices in groups:
            self.assertLessEqual(count_rows([samples[index] for index in indices]), 9)

    def test_filled_batches_have_the_wanted_rows_and_the_same_words(self) -> None:
        samples = [
            Sample((7, 8), (1, 2, 3), (0, 2), (1, 0)),
            Sample((7, 8), (4, 5), (1,), (2,)),
            Sample((9,), (6,), (0,), (1,)),
        ]
        batch = pack(fill(samples, 13))
        self.assertEqual(batch.tokens.tolist(), [7, 8, 9, 1, 2, 3, 4, 5, 6, 0, 0, 0, 0])
        self.assertEqual(
            batch.positions.tolist(), [0, 1, 0, 2, 3, 4, 2, 3, 1, 0, 1, 2, 0]
        )
        self.assertEqual(batch.word_rows.tolist(), [3, 5, 7, 8])
        self.assertEqual(batch.labels.tolist(), [1, 0, 2, 1])

    def test_a_part_sees_itself_and_its_instruction(self) -> None:
        samples = [
            Sample((7, 8), (1, 2, 3), (), ()),
            Sample((9,), (6,), (), ()),
            Sample((7, 8), (4, 5), (), ()),
        ]
        batch = pack(samples)
        seen = [
            batch.tokens[rows[: int(mask.sum())]].tolist()
            for rows, mask in zip(batch.key_rows, batch.mask[:, 0, 0], strict=True)
        ]
        self.assertEqual(seen, [[7, 8], [9], [7, 8, 1, 2, 3], [9, 6], [7, 8, 4, 5]])

    def test_joined_sentences_keep_their_order_and_every_word(self) -> None:
        sentences = [
            Sentence(
                tuple(f"{number}.{word}" for word in range(number % 7 + 1)),
                (0,) * (number % 7 + 1),
            )
            for number in range(1000)
        ]
        joined = join(sentences, 0.5, 12, random.Random(1))
        words = [word for sentence in joined for word in sentence.words]
        self.assertEqual(
            words, [word for sentence in sentences for word in sentence.words]
        )
        together = len(sentences) - sum(sentence in sentences for sentence in joined)
        self.assertTrue(0.3 < together / len(sentences) < 0.6)
        self.assertTrue(all(len(sentence.words) <= 12 for sentence in joined))


class DenseTest(unittest.TestCase):
    def test_names_of_several_types_are_left_out(self) -> None:
        first, second = without_ambiguous(
            {"Gene": [("Insulin",), ("TP53",)], "Chemical": [("aspirin",)]},
            {"Chemical": [("insulin",), ("Aspirin",)]},
        )
        self.assertEqual(first, {"Gene": [("TP53",)], "Chemical": [("aspirin",)]})
        self.assertEqual(second, {"Chemical": [("Aspirin",)]})

    def test_only_terms_of_the_asked_type_are_tagged(self) -> None:
        with TemporaryDirectory() as folder:
            knowledge = Path(folder) / "knowledge"
            knowledge.mkdir()
            for kind in ("Gene", "Disease"):
                rows = "".join(f"x:{n}\t{kind}\t{kind} {n}\t\n" for n in range(50))
                (knowledge / f"{kind}.tsv").write_text(rows, encoding="utf-8")
            terms = DenseTerms(Dense(1.0, (5, 9), 1.0), Path(folder), [])
        sentence = terms.sentence("Gene", random.Random(1))
        tagged = entities(sentence.labels)
        found = {sentence.words[first : last + 1] for first, last in tagged}
        self.assertTrue(found)
        self.assertTrue(all(words[0] == "Gene" for words in found))
        self.assertIn("Disease", sentence.words)
        self.assertEqual(len(tagged), sentence.words.count("Gene"))


class RoundingTest(unittest.TestCase):
    def test_q5_0_is_what_the_file_will_hold(self) -> None:
        torch.manual_seed(1)
        weight = torch.randn(64, 96) * torch.rand(64, 1)
        weight[3] = 0
        kind = GGMLQuantizationType.Q5_0
        stored = torch.from_numpy(dequantize(quantize(weight.numpy(), kind), kind))
        torch.testing.assert_close(q5_0(weight), stored, rtol=0, atol=0)

    def test_the_gradient_passes(self) -> None:
        weight = torch.randn(2, 32, requires_grad=True)
        as_stored(weight, "Q5_0").sum().backward()
        self.assertEqual(weight.grad.tolist(), torch.ones(2, 32).tolist())


class EncoderTest(unittest.TestCase):
    def test_results_do_not_depend_on_the_batch(self) -> None:
        torch.manual_seed(1)
        model = Encoder(SHAPE, 3)
        samples = [
            Sample(
                (40 + length % 2, 2),
                tuple(range(1, length + 1)),
                (0, length - 1),
                (0, 0),
            )
            for length in (3, 11, 8, 7)
        ]
        with torch.inference_mode():
            packed = model(pack(samples))
            single = torch.cat([model(pack([sample])) for sample in samples])
        torch.testing.assert_close(packed, single, rtol=1e-4, atol=1e-5)

    def test_every_word_sees_both_sides(self) -> None:
        torch.manual_seed(1)
        model = Encoder(SHAPE, 3)
        with torch.inference_mode():
            first = model(pack([Sample((), (1, 2, 3), (0,), (0,))]))
            second = model(pack([Sample((), (1, 2, 4), (0,), (0,))]))
            behind = model(pack([Sample((5,), (1, 2, 3), (0,), (0,))]))
        self.assertFalse(torch.allclose(first, second))
        self.assertFalse(torch.allclose(first, behind))

    def test_an_instruction_does_not_see_the_words(self) -> None:
        torch.manual_seed(1)
        model = Encoder(SHAPE, 3)
        with torch.inference_mode():
            first, second = (
                model.hidden(pack([Sample((5, 6), (1, 2, last), (0,), (0,))]))
                for last in (3, 4)
            )
        torch.testing.assert_close(first[:2], second[:2])
        self.assertFalse(torch.allclose(first[2:], second[2:]))


class AdaptationTest(unittest.TestCase):
    SAMPLES = (
        Sample((1, 8, 9), (5, 6, 7), (0, 2), (0, 1)),
        Sample((1, 4), (3,), (0,), (2,)),
    )

    def test_a_whole_sequence_is_one_part_and_keeps_its_words(self) -> None:
        apart = pack(self.SAMPLES)
        whole = pack([whole_sequence(sample) for sample in self.SAMPLES])
        self.assertEqual(whole.lengths, (6, 3))
        for field in ("tokens", "positions"):
            rows = [getattr(batch, field)[batch.word_rows] for batch in (apart, whole)]
            self.assertTrue(torch.equal(*rows))
        self.assertTrue(torch.equal(apart.labels, whole.labels))

    def test_the_teacher_itself_makes_no_difference(self) -> None:
        model = Encoder(SHAPE, 3)
        batch = pack([whole_sequence(sample) for sample in self.SAMPLES])
        expected = model.hidden(batch)[batch.word_rows]
        self.assertLess(difference(model, expected, expected).abs().item(), 1e-6)
        changed = difference(model, expected + torch.randn_like(expected), expected)
        self.assertGreater(changed.item(), 0.1)


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
