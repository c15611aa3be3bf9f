import math
import unittest
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from gguf import GGUFReader, GGUFWriter

from training.calibrate import divide_heads, fit
from training.config import load_config
from training.data.held_out import first_words, read_held_out, read_trained_sentences
from training.data.sentences import TYPES, Sentence
from training.evaluation.calibration import Mentions, calibration_of
from training.model.hashes import HASHES, hash_of

# Logits of a word whose most probable label is B, with this probability, and of one that is certainly O.
OUTSIDE = torch.tensor([50.0, 0.0, 0.0])


def begins(probability: float) -> torch.Tensor:
    odds = math.log(probability / (1 - probability))
    return torch.tensor([0.0, odds, -50.0])


def of_words(*rows: torch.Tensor) -> torch.Tensor:
    return torch.stack(rows)


class MentionsTest(unittest.TestCase):
    def test_an_entity_scores_the_mean_of_its_words(self) -> None:
        mentions = Mentions()
        inside = torch.tensor([-50.0, 0.0, math.log(0.6 / 0.4)])
        mentions.add("x", of_words(OUTSIDE, begins(0.9), inside, OUTSIDE), (0, 1, 2, 0))
        torch.testing.assert_close(mentions.scores(), torch.tensor([0.75]))
        self.assertEqual(mentions.right, [True])

    def test_an_end_that_differs_is_wrong_and_unknown_words_are_neither(self) -> None:
        mentions = Mentions()
        logits = of_words(begins(0.9), OUTSIDE, begins(0.8), OUTSIDE)
        mentions.add("x", logits, (1, 2, -1, -1))
        self.assertEqual(mentions.right, [False])
        self.assertEqual(mentions.by_corpus(), {"x": 1})

    def test_a_temperature_flattens_probabilities(self) -> None:
        mentions = Mentions()
        mentions.add("x", of_words(begins(0.9)), (1,))
        expected = 1 / (1 + math.exp(-math.log(9) / 2))
        torch.testing.assert_close(mentions.scores(2.0), torch.tensor([expected]))


class CalibrationTest(unittest.TestCase):
    def setUp(self) -> None:
        self.mentions = Mentions()
        for score, right in ((0.95, 1), (0.95, 0), (0.55, 1), (1.0, 1)):
            self.mentions.add("x", of_words(begins(min(score, 1 - 1e-7))), (right,))

    def test_bins_count_and_average(self) -> None:
        found = calibration_of(self.mentions)
        fifth, last = found.bins[5], found.bins[9]
        self.assertEqual([row.count for row in found.bins], [0] * 5 + [1, 0, 0, 0, 3])
        self.assertAlmostEqual(fifth.score, 0.55, 5)
        self.assertAlmostEqual(last.precision, 2 / 3, 5)
        self.assertAlmostEqual(last.score, 2.9 / 3, 5)

    def test_errors_are_those_of_the_definitions(self) -> None:
        found = calibration_of(self.mentions)
        self.assertAlmostEqual(found.error, (0.45 + 0.9) / 4, 5)
        brier = (0.05**2 + 0.95**2 + 0.45**2) / 4
        self.assertAlmostEqual(found.brier, brier, 5)
        loss = -sum(map(math.log, (0.95, 0.05, 0.55))) / 4
        self.assertAlmostEqual(found.log_loss, loss, 4)

    def test_nothing_found_is_no_error(self) -> None:
        self.assertEqual(calibration_of(Mentions()).error, 0.0)

    def test_the_temperature_is_found_that_scores_were_made_too_bold_by(self) -> None:
        draw = torch.Generator().manual_seed(1)
        mentions = Mentions()
        for probability in torch.rand(4000, generator=draw) / 2 + 0.5:
            right = torch.rand((), generator=draw) < probability
            bold = 2.5 * begins(min(probability.item(), 0.999))
            mentions.add("x", of_words(bold), (int(right),))
        found = fit(mentions)
        self.assertAlmostEqual(found, 2.5, delta=0.1)
        mentions.logits = [rows / found for rows in mentions.logits]
        self.assertAlmostEqual(fit(mentions), 1.0, delta=0.01)


class FileTest(unittest.TestCase):
    def test_heads_are_divided_and_nothing_else_changes(self) -> None:
        heads = {
            f"cls.output.{index}.{part}": torch.randn(3, 32)
            if part == "weight"
            else torch.randn(3)
            for index in range(len(TYPES))
            for part in ("weight", "bias")
        }
        tensors = {"token_embd.weight": torch.randn(5, 32), **heads}
        temperatures = dict(zip(TYPES, (1.5, 1.0, 0.5, 2.0), strict=True))
        with TemporaryDirectory() as folder:
            path = Path(folder) / "model.gguf"
            writer = GGUFWriter(path, "llama-embed")
            for name, weight in tensors.items():
                writer.add_tensor(name, weight.numpy())
            writer.add_array(HASHES, [hash_of(w.numpy()) for w in tensors.values()])
            writer.write_header_to_file()
            writer.write_kv_data_to_file()
            writer.write_tensors_to_file()
            writer.close()
            size = path.stat().st_size
            divide_heads(path, temperatures)
            self.assertEqual(list(Path(folder).iterdir()), [path])
            self.assertEqual(path.stat().st_size, size)
            reader = GGUFReader(path)
            found = {tensor.name: tensor.data.copy() for tensor in reader.tensors}
            hashes = reader.get_field(HASHES).contents()
        self.assertEqual(hashes, list(map(hash_of, found.values())))
        for name, weight in tensors.items():
            head = name.startswith("cls.")
            divisor = temperatures[TYPES[int(name.split(".")[2])]] if head else 1.0
            torch.testing.assert_close(torch.from_numpy(found[name]), weight / divisor)


class HeldOutTest(unittest.TestCase):
    config = load_config()
    known = "The patients had renal failure after the infusion of cisplatin ."
    other = "Mice without the receptor lived longer than their litter mates did ."

    def sentence(self, text: str) -> Sentence:
        words = tuple(text.split())
        return Sentence(words, {"Species": (0,) * len(words)})

    def write(self, folder: Path, name: str, split: str, texts: list[str]) -> None:
        path = folder / "conll" / name / f"{split}.tsv"
        path.parent.mkdir(parents=True, exist_ok=True)
        blocks = ["\n".join(f"{word}\tO" for word in text.split()) for text in texts]
        path.write_text("\n\n".join(blocks) + "\n\n")

    def test_texts_that_something_was_trained_on_are_left_out(self) -> None:
        corpora = {corpus.name: corpus for corpus in self.config.corpora}
        config = replace(
            self.config,
            corpora=(corpora["linnaeus"],),
            start=replace(self.config.start, trained_on=("old/train.tsv",)),
        )
        with TemporaryDirectory() as name:
            folder = Path(name)
            self.write(folder, "linnaeus", "train", ["Nothing to see here ."])
            self.write(folder, "old", "train", [self.known])
            self.write(folder, "linnaeus", "dev", [self.known, self.other])
            self.write(folder, "BC2GM", "dev", [self.known, self.other])
            trained = read_trained_sentences(folder, config)
            for corpus in ("linnaeus", "BC2GM"):
                texts = read_held_out(folder, corpora[corpus], ["dev"], trained)
                words = [sentence.words for text in texts for sentence in text]
                self.assertEqual(words, [tuple(self.other.split())])

    def test_first_words_end_with_a_sentence(self) -> None:
        text = (self.sentence("a b c"), self.sentence("d e"))
        kept = first_words([text, text], 4)
        self.assertEqual(kept, [text])
        self.assertEqual(first_words([text, text], 6), [text, text[:1]])


if __name__ == "__main__":
    unittest.main()
