import math
import unittest
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy
import torch
from gguf import GGUFReader, GGUFWriter

from training.calibrate import fit
from training.config import load_config
from training.data.held_out import first_words, read_held_out, read_trained_sentences
from training.data.sentences import TYPES, Sentence
from training.evaluation.calibration import Mentions, calibration_of
from training.model.scores import OFFSETS, SLOPES, Line, read_lines, write_lines

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

    def test_a_line_moves_log_odds(self) -> None:
        mentions = Mentions()
        mentions.add("x", of_words(begins(0.9)), (1,))
        expected = 1 / (1 + math.exp(-(math.log(9) / 2 - 1)))
        found = mentions.scores(Line(0.5, -1.0))
        torch.testing.assert_close(found, torch.tensor([expected]))


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

    def test_the_line_is_found_that_scores_were_off_by(self) -> None:
        draw = torch.Generator().manual_seed(1)
        mentions = Mentions()
        for probability in torch.rand(8000, generator=draw) * 0.98 + 0.01:
            right = torch.rand((), generator=draw) < probability
            odds = torch.logit(probability).item()
            # Above a half, or the word is no entity.
            bold = 1 / (1 + math.exp(-(odds / 2 + 3)))
            mentions.add("x", of_words(begins(bold)), (int(right),))
        found = fit(mentions)
        self.assertAlmostEqual(found.slope, 2.0, delta=0.15)
        self.assertAlmostEqual(found.offset, -6.0, delta=0.5)

    def test_nothing_wrong_is_no_reason_for_a_line(self) -> None:
        mentions = Mentions()
        mentions.add("x", of_words(begins(0.9)), (1,))
        self.assertEqual(fit(mentions), Line())


class FileTest(unittest.TestCase):
    def test_lines_are_written_and_nothing_else_changes(self) -> None:
        slopes, offsets = (1.5, 1.0, 0.5, 2.0), (0.0, -1.0, 0.25, -0.5)
        lines = dict(zip(TYPES, map(Line, slopes, offsets), strict=True))
        with TemporaryDirectory() as folder:
            path = Path(folder) / "model.gguf"
            writer = GGUFWriter(path, "llama-embed")
            writer.add_tensor("cls.output.0.weight", numpy.ones((3, 32), numpy.float32))
            writer.add_array(SLOPES, [1.0] * 4)
            writer.add_array(OFFSETS, [0.0] * 4)
            writer.write_header_to_file()
            writer.write_kv_data_to_file()
            writer.write_tensors_to_file()
            writer.close()
            before = path.read_bytes()
            write_lines(path, lines)
            self.assertEqual(list(Path(folder).iterdir()), [path])
            self.assertEqual(read_lines(GGUFReader(path)), lines)
            write_lines(path, dict.fromkeys(TYPES, Line()))
            self.assertEqual(path.read_bytes(), before)


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
