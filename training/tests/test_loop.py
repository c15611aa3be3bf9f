import unittest
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from training.config import Loss, load_config
from training.data.samples import Sample
from training.data.sentences import TYPES, UNKNOWN
from training.evaluation.scores import entities, score
from training.loop.average import Average
from training.loop.checkpoint import Store
from training.loop.journal import claim
from training.loop.loss import TagLoss
from training.loop.run import Run, prepare, train_step
from training.loop.schedule import Decay, rate
from training.model.encoder import Encoder
from training.tests.stand_ins import SHAPE

EVEN = Loss(1.0, {kind: 1.0 for kind in TYPES})


class ScoresTest(unittest.TestCase):
    def test_an_i_without_b_opens_an_entity(self) -> None:
        self.assertEqual(entities([0, 2, 2, 0, 1, 1, 2]), {(1, 2), (4, 4), (5, 6)})

    def test_entities_need_both_ends_right(self) -> None:
        result = score([[1, 2, 0, 1]], [[1, 0, 0, 1]])
        self.assertEqual((result.support, result.predicted, result.correct), (2, 2, 1))
        self.assertAlmostEqual(result.f1, 0.5)

    def test_what_the_corpus_leaves_open_is_not_counted(self) -> None:
        self.assertEqual(score([[UNKNOWN, 0, 1]], [[1, 0, 1]]).f1, 1.0)

    def test_nothing_at_all_is_no_division_by_zero(self) -> None:
        self.assertEqual(score([[0]], [[0]]).f1, 0.0)


class LossTest(unittest.TestCase):
    def test_unknown_labels_teach_nothing(self) -> None:
        logits = torch.randn(3, 4, 3, requires_grad=True)
        labels = torch.full((3, 4), UNKNOWN)
        labels[0, 2], labels[1, 2] = 1, 0
        TagLoss(EVEN, torch.device("cpu"))(logits, labels).backward()
        taught = logits.grad.abs().sum(-1) > 0
        self.assertEqual(taught.nonzero().tolist(), [[0, 2], [1, 2]])

    def test_a_batch_without_labels_is_no_division_by_zero(self) -> None:
        loss = TagLoss(EVEN, torch.device("cpu"))
        value = loss(torch.randn(2, 4, 3), torch.full((2, 4), UNKNOWN))
        self.assertEqual(value.item(), 0.0)

    def test_weights_scale_tags_and_types(self) -> None:
        logits = torch.randn(2, 4, 3)
        labels = torch.tensor([[1, -1, -1, -1], [-1, 0, -1, -1]])
        weights = {**EVEN.type_weights, "Disease": 2.0}
        found = TagLoss(Loss(1.5, weights), torch.device("cpu"))(logits, labels)
        single = -logits.log_softmax(-1)
        expected = (3.0 * single[0, 0, 1] + single[1, 1, 0]) / 4.0
        torch.testing.assert_close(found, expected)


class ScheduleTest(unittest.TestCase):
    def test_up_constant_and_down_to_nothing(self) -> None:
        self.assertEqual(rate(0, 10, None), 0.1)
        self.assertEqual(rate(9, 10, None), 1.0)
        self.assertEqual(rate(10**6, 10, None), 1.0)
        decay = Decay(50, 4)
        self.assertEqual(rate(49, 10, decay), 1.0)
        self.assertEqual([rate(step, 10, decay) for step in (50, 53)], [0.5, 0.0])


class RunTest(unittest.TestCase):
    config = load_config()

    def batches(self, count: int) -> list[list[Sample]]:
        labels = ((1, 0, UNKNOWN, UNKNOWN), (2, 0, UNKNOWN, 1))
        return [
            [Sample((1, 2), (3 + n % 9, 4, 5), (0, 2), labels)] for n in range(count)
        ]

    def start(self, folder: Path, mirror: Path | None = None) -> Run:
        torch.manual_seed(1)
        training = replace(self.config.training, batch_tokens=8, average_every=2)
        config = replace(self.config, training=training)
        model = Encoder(SHAPE, dropout=0.1)
        return prepare(model, config, Store(folder, mirror), fast=False)

    def test_an_interrupted_run_ends_where_another_does(self) -> None:
        with TemporaryDirectory() as first, TemporaryDirectory() as second:
            whole = self.start(Path(first))
            for batch in self.batches(6):
                train_step(whole, batch)
            part = self.start(Path(second))
            for batch in self.batches(3):
                train_step(part, batch)
            part.progress.decay = Decay(100, 7)
            part.save()
            rest = self.start(Path(second))
            self.assertEqual(rest.progress.decay, Decay(100, 7))
            for batch in self.batches(6)[rest.progress.batch :]:
                train_step(rest, batch)
        self.assertEqual(whole.progress.tokens, rest.progress.tokens)
        for name, weight in whole.model.state_dict().items():
            torch.testing.assert_close(rest.model.state_dict()[name], weight)
        for name, weight in whole.average.weights.items():
            torch.testing.assert_close(rest.average.weights[name], weight)

    def test_a_lost_folder_is_made_up_for_by_the_mirror(self) -> None:
        with TemporaryDirectory() as first, TemporaryDirectory() as second:
            run = self.start(Path(first), Path(second))
            train_step(run, self.batches(1)[0])
            run.save()
            run.store.path.unlink()
            again = self.start(Path(first), Path(second))
        self.assertEqual(again.progress.step, 1)

    def test_the_average_follows_slowly_and_is_given_back(self) -> None:
        model = Encoder(SHAPE)
        average = Average(model, decay=0.9, every=1)
        before = model.cls["output"][0].bias.detach().clone()
        with torch.no_grad():
            model.cls["output"][0].bias += 1
        average.update(model, 1000)
        with average.applied(model):
            torch.testing.assert_close(model.cls["output"][0].bias, before + 0.1)
        torch.testing.assert_close(model.cls["output"][0].bias, before + 1)

    def test_a_folder_belongs_to_one_process(self) -> None:
        with TemporaryDirectory() as folder:
            lock = claim(Path(folder))
            with self.assertRaises(SystemExit):
                claim(Path(folder))
            lock.close()
            claim(Path(folder)).close()


if __name__ == "__main__":
    unittest.main()
