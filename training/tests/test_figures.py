import json
import unittest
from contextlib import redirect_stdout
from dataclasses import replace
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from training.config import load_config
from training.data.leaks import SentenceSet
from training.data.sentences import TYPES
from training.evaluation.dev import Evaluator
from training.figures.by_engine import choices
from training.figures.by_torch import measure_calibration, measure_dev
from training.figures.card import BEGIN, END, render, table, write_card
from training.figures.curve import read_curve
from training.figures.store import Store
from training.model.encoder import Encoder
from training.model.scores import Line
from training.tests.stand_ins import SHAPE, Pieces

SCORES = {"precision": 0.5, "recall": 0.75, "f1": 0.6, "support": 1234}
DOCUMENT = {
    "sets": [
        {
            "set": "s800",
            "split": split,
            "dataset": name,
            "alone": alone,
            "type": "Species",
            **SCORES,
        }
        for split in ("dev", "test")
        for name in ("s800", None)
        for alone in (True, False)
    ],
    "raw text": [
        {
            "set": "BioRED",
            "split": "test",
            "documents": "all",
            "count": 2,
            **SCORES,
            "types": {"Gene": SCORES},
        }
    ],
    "dev": [
        {
            "corpus": "BioRED",
            "type": "Gene",
            "dataset": None,
            "alone": False,
            **SCORES,
        }
    ],
    "calibration": [
        {
            "type": "Gene",
            "error": 0.0123,
            "bins": [
                {"count": 7 * (place > 5), "precision": 0.5} for place in range(10)
            ],
        }
    ],
    "cost": [
        {"ratio": 1.046, "rounds": 12, "lowestRatio": 1.0, "highestRatio": 1.1},
    ],
    "curve": [
        {"step": 200, "tokens": 1000, "loss": 0.5, "f1": {"a adaptive": 80.0, "b": 1.0}}
    ],
}


class StoreTest(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.model = Path(self.folder.name) / "model.gguf"
        self.path = Path(self.folder.name) / "model.json"
        self.model.write_bytes(b"one")

    def test_rows_survive_an_interruption(self) -> None:
        Store(self.path, self.model).replace("dev", [{"corpus": "x", "alone": True}])
        store = Store(self.path, self.model)
        self.assertTrue(store.has("dev", corpus="x", alone=True))
        self.assertFalse(store.has("dev", corpus="x", alone=False))
        self.assertFalse(store.has("sets", corpus="x"))

    def test_another_model_begins_anew(self) -> None:
        Store(self.path, self.model).replace("dev", [{"corpus": "x"}])
        self.model.write_bytes(b"two")
        self.assertEqual(Store(self.path, self.model).rows("dev"), [])


class ChoiceTest(unittest.TestCase):
    known = "The patients had renal failure after the infusion of cisplatin."
    other = "Mice without the receptor lived longer than their litter mates."

    def test_documents_that_were_trained_on_are_left_out(self) -> None:
        lines = [
            json.dumps({"id": "1", "types": [], "entities": [], **more})
            for more in (
                {"text": self.known},
                {"text": self.other},
                {"text": self.other, "alsoIn": ["BC5CDR test"]},
            )
        ]
        trained = SentenceSet([self.known.split()])
        found = {
            name: len(kept) for name, kept in choices(lines, trained, load_config())
        }
        expected = {"all": 3, "unseen": 2, "unseen, in no other corpus": 1}
        self.assertEqual(found, expected)


class DevTest(unittest.TestCase):
    def test_each_way_is_measured_once(self) -> None:
        config = load_config()
        corpora = [c for c in config.corpora if c.name in ("linnaeus", "CHEMDNER")]
        training = replace(config.training, batch_tokens=256)
        config = replace(config, corpora=tuple(corpora), training=training)
        evaluator = Evaluator(Encoder(SHAPE), Pieces(), config)
        with TemporaryDirectory() as name:
            folder = Path(name)
            path = folder / "conll" / "linnaeus" / "dev.tsv"
            path.parent.mkdir(parents=True)
            path.write_text("mice\tB-Species\ndie\tO\n\nso\tO\nit\tO\n\n")
            model = folder / "model.gguf"
            model.write_bytes(b"one")
            store = Store(folder / "model.json", model)
            arguments = (store, evaluator, config, folder, SentenceSet([]), 100)
            with redirect_stdout(StringIO()):
                for measure in (measure_dev, measure_dev):
                    measure(*arguments)
                lines = dict.fromkeys(TYPES, Line())
                measure_calibration(*arguments, lines)
        found = [(row["dataset"], row["alone"]) for row in store.rows("dev")]
        ways = [(way, alone) for way in ("linnaeus", None) for alone in (False, True)]
        self.assertEqual(found, ways)
        self.assertEqual({row["sentences"] for row in store.rows("dev")}, {2})
        self.assertEqual({row["support"] for row in store.rows("dev")}, {1})
        kinds = [row["type"] for row in store.rows("calibration")]
        self.assertEqual(kinds, list(TYPES))


class CurveTest(unittest.TestCase):
    def test_a_step_that_was_repeated_counts_once(self) -> None:
        records = [
            {"kind": "train", "loss": 1.0},
            {"kind": "train", "loss": 3.0},
            {"kind": "dev", "step": 2, "tokens": 20, "f1": {"a": 1.0}},
            {"kind": "train", "loss": 4.0},
            {"kind": "dev", "step": 2, "tokens": 20, "f1": {"a": 2.0}},
        ]
        with TemporaryDirectory() as folder:
            path = Path(folder) / "curve.jsonl"
            path.write_text("\n".join(map(json.dumps, records)))
            found = read_curve(Path(folder))
        self.assertEqual(
            found, [{"step": 2, "tokens": 20, "f1": {"a": 2.0}, "loss": 4.0}]
        )


class CardTest(unittest.TestCase):
    def test_every_table_has_as_many_cells_as_heads(self) -> None:
        rows = [line for line in render(DOCUMENT).splitlines() if line.startswith("|")]
        tables = render(DOCUMENT).split("\n\n")
        self.assertEqual(len(rows), 5 * 3)
        for part in tables:
            lines = [line for line in part.splitlines() if line.startswith("|")]
            self.assertLessEqual(len({line.count("|") for line in lines}), 1, part)

    def test_figures_are_those_of_the_test_split(self) -> None:
        self.assertIn(
            "| s800 | Species | 1,234 | 50.0 | 75.0 | 60.0 | 60.0 | 60.0 | 60.0 | 71.6 | 74.1 |",
            render(DOCUMENT),
        )

    def test_what_was_not_measured_is_not_mentioned(self) -> None:
        self.assertEqual(render({}).strip(), "")
        self.assertEqual(table(["a"], []), "")

    def test_only_what_is_between_the_markers_is_written(self) -> None:
        with TemporaryDirectory() as folder:
            path = Path(folder) / "README.md"
            path.write_text(f"a\n\n{BEGIN}\nold\n{END}\n\nz\n")
            write_card(path, DOCUMENT)
            once = path.read_text()
            write_card(path, DOCUMENT)
            self.assertEqual(path.read_text(), once)
        self.assertTrue(once.startswith(f"a\n\n{BEGIN}\n"))
        self.assertTrue(once.endswith(f"{END}\n\nz\n"))
        self.assertNotIn("old", once)


if __name__ == "__main__":
    unittest.main()
