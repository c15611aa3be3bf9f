import json
import unittest
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from training.config import load_config
from training.data.sentences import Sentence
from training.evaluation.dev import Evaluator, Job, first_texts
from training.loop.checkpoint import Store
from training.loop.run import prepare
from training.model.encoder import Encoder
from training.tests.stand_ins import SHAPE, Pieces
from training.train import report

TEXTS = [
    (
        Sentence(("TP53", "x"), {"Gene": (1, 0)}),
        Sentence(("a", "b", "c"), {"Gene": (0, 1, 2)}),
    ),
    (Sentence(("d",), {"Gene": (0,)}),),
]


class EvaluationTest(unittest.TestCase):
    config = load_config()

    def setUp(self) -> None:
        torch.manual_seed(1)
        training = replace(self.config.training, batch_tokens=256)
        self.config = replace(self.config, training=training)
        self.model = Encoder(SHAPE)
        self.evaluator = Evaluator(self.model, Pieces(), self.config)
        corpora = {corpus.name: corpus for corpus in self.config.corpora}
        corpus = corpora["NLM-Gene"]
        self.jobs = [Job(corpus, TEXTS, name) for name in ("NLM-Gene", None)]

    def test_every_job_gets_its_own_answers(self) -> None:
        together = self.evaluator.scores(self.jobs)
        single = [self.evaluator.scores([job])[0] for job in self.jobs]
        self.assertEqual(together, single)
        self.assertEqual([found["Gene"].support for found in together], [2, 2])

    def test_passages_are_whole_texts_or_sentences(self) -> None:
        self.assertEqual(len(self.evaluator.passages(TEXTS, alone=False)), 2)
        self.assertEqual(len(self.evaluator.passages(TEXTS, alone=True)), 3)

    def test_first_texts_are_documents_or_sentences_of_one(self) -> None:
        self.assertEqual(first_texts(TEXTS, 1), TEXTS[:1])
        self.assertEqual(first_texts(TEXTS[:1], 1), [TEXTS[0][:1]])

    def test_a_report_goes_to_the_curve_and_leaves_the_model(self) -> None:
        with TemporaryDirectory() as folder:
            run = prepare(self.model, self.config, Store(Path(folder)), fast=False)
            self.model.train()
            before = [weight.data_ptr() for weight in self.model.parameters()]
            report(run, self.evaluator, self.jobs)
            (row,) = (Path(folder) / "curve.jsonl").read_text().splitlines()
        after = [weight.data_ptr() for weight in self.model.parameters()]
        self.assertEqual(before, after)
        self.assertTrue(self.model.training)
        names = {"NLM-Gene:Gene named", "NLM-Gene:Gene adaptive"}
        self.assertEqual(set(json.loads(row)["f1"]), names)


if __name__ == "__main__":
    unittest.main()
