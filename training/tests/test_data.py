import random
import unittest
from pathlib import Path
from tempfile import TemporaryDirectory

from training.config import Augmentation, Dense, Passages
from training.data.augment import change_case, mentions, swap_names
from training.data.conll import read_conll, recut
from training.data.dense import DenseTerms, without_ambiguous
from training.data.documents import Subtypes, longest, read_document
from training.data.leaks import SentenceSet, assert_clean, without_leaks
from training.data.passages import cut, cut_evenly, draw_passages
from training.data.sentences import TYPES, UNKNOWN, WORD, Sentence, join, split_words
from training.data.splitter import sentence_starts
from training.evaluation.scores import entities


def document(text: str, *entities: tuple[str, ...]) -> dict:
    """Mention, type and perhaps subtype; the first occurrence of each mention, at UTF-16 offsets."""
    found = []
    for mention, kind, *rest in entities:
        before = text[: text.index(mention)]
        start = len(before.encode("utf-16-le")) // 2
        end = start + len(mention.encode("utf-16-le")) // 2
        subtype = {"subtype": rest[0]} if rest else {}
        found.append({"start": start, "end": end, "type": kind, **subtype})
    return {"id": "1", "types": list(TYPES), "text": text, "entities": found}


class ReaderTest(unittest.TestCase):
    def test_words_are_cut_as_the_engine_cuts(self) -> None:
        expected = ["IL", "-", "2Rα", "(", "p", "=", "0", ".", "05", ")"]
        self.assertEqual(split_words("IL-2Rα (p=0.05)"), expected)
        self.assertEqual(
            split_words("asthma¹² 10⁶ ¹⁴C"), ["asthma", "¹²", "10⁶", "¹⁴C"]
        )
        self.assertEqual(split_words("a\ufeffb\x85"), ["a", "b", "\x85"])

    def test_hyphenated_tokens_are_cut_again(self) -> None:
        self.assertEqual(
            recut(("x", "17-spiro", "steroid"), (0, 1, 2)),
            (("x", "17", "-", "spiro", "steroid"), (0, 1, 2, 2, 2)),
        )
        self.assertEqual(recut(("mog-1", "p"), (2, 0))[1], (2, 2, 2, 0))

    def test_files_of_several_types_become_one_sentence(self) -> None:
        with TemporaryDirectory() as folder:
            paths = {kind: Path(folder) / f"{kind}.tsv" for kind in ("Gene", "Species")}
            paths["Gene"].write_text("human\tO\nTP53\tB-Gene\n\nx\tO\n\n")
            paths["Species"].write_text("human\tB-Species\nTP53\tO\n\nx\tO\n\n")
            first, second = read_conll(paths)
            self.assertEqual(first.labels, {"Gene": (0, 1), "Species": (1, 0)})
            self.assertTrue(second.is_empty)
            self.assertEqual(read_conll(paths, [(0, 0)]), [second])
            paths["Species"].write_text("mouse\tB-Species\nTP53\tO\n\nx\tO\n\n")
            with self.assertRaises(ValueError):
                read_conll(paths)

    def test_offsets_are_utf16(self) -> None:
        text = read_document(document("𝛼 and TP53 x", ("TP53", "Gene")), ("Gene",))
        self.assertEqual(text[0].words, ("𝛼", "and", "TP53", "x"))
        self.assertEqual(text[0].labels["Gene"], (0, 0, 1, 0))

    def test_only_the_asked_types_are_read(self) -> None:
        text = read_document(document("TP53", ("TP53", "Gene")), ("Disease",))
        self.assertEqual(text[0].labels, {"Disease": (0,)})
        with self.assertRaises(ValueError):
            read_document({**document("x"), "types": ["Gene"]}, ("Disease",))

    def test_subtypes_may_be_dropped_or_left_open(self) -> None:
        found = document("SH2 in plants", ("SH2", "Gene", "D"), ("plants", "Gene", "K"))
        (sentence,) = read_document(found, ("Gene",), Subtypes(("D",), ("K",)))
        self.assertEqual(sentence.labels["Gene"], (0, 0, UNKNOWN))

    def test_of_nested_mentions_the_longest_stays(self) -> None:
        self.assertEqual(longest([(0, 0), (0, 2), (2, 3), (5, 5)]), [(0, 2), (5, 5)])

    def test_sentences_end_at_stops_and_never_inside_mentions(self) -> None:
        def starts(text: str) -> list[str]:
            spans = [match.span() for match in WORD.finditer(text)]
            return [text[spans[at][0] :][:3] for at in sentence_starts(text, spans)]

        self.assertEqual(
            starts("One. Two (e.g. X) by E. coli. 3 mice."), ["One", "Two", "3 m"]
        )
        self.assertEqual(starts("A title\n\nAn abstract"), ["A t", "An "])
        text = "Old St. Louis. Virus here."
        found = read_document(document(text, ("Louis. Virus", "Species")), ("Species",))
        self.assertEqual(len(found), 1)


class LeakTest(unittest.TestCase):
    known = ("Mutations", "of", "the", "BRCA1", "gene", "were", "found", ".")
    tests = SentenceSet([known, ("Results", ":")])

    def sentence(self, *words: str) -> Sentence:
        return Sentence(words, {"Gene": (0,) * len(words)})

    def test_equal_letters_and_digits_are_a_leak(self) -> None:
        leak = self.sentence("mutations", "of-the", "brca1", "GENE", "were", "found")
        self.assertTrue(self.tests.hold(leak))
        self.assertFalse(self.tests.hold(self.sentence(*self.known, "twice")))

    def test_fragments_are_no_leak(self) -> None:
        self.assertFalse(self.tests.hold(self.sentence("Results", ":")))

    def test_expected_leaks_are_dropped_and_others_stop_the_run(self) -> None:
        leak, clean = self.sentence(*self.known), self.sentence("Other", "words")
        texts = [(leak, clean), (leak,)]
        self.assertEqual(without_leaks(texts, self.tests, 2, "x"), [(clean,)])
        with self.assertRaises(SystemExit):
            without_leaks(texts, self.tests, 1, "x")
        with self.assertRaises(SystemExit):
            assert_clean("x", texts, self.tests)


class PassageTest(unittest.TestCase):
    text = tuple(
        Sentence((f"{number}",) * (number % 7 + 1), {"Gene": (0,) * (number % 7 + 1)})
        for number in range(1000)
    )
    settings = Passages(max_tokens=50, tokens=(10, 40), single_share=0.5)

    @staticmethod
    def count(sentence: Sentence) -> int:
        return len(sentence.words)

    def test_passages_cover_a_text_once_in_order(self) -> None:
        passages = list(cut(self.text, self.settings, self.count, random.Random(1)))
        self.assertEqual(join(passages), join(self.text))
        lengths = [len(passage.words) for passage in passages]
        self.assertLessEqual(max(lengths), 40)
        self.assertGreater(max(lengths), 30)
        runs = cut_evenly(self.text, 40, self.count)
        self.assertEqual(join([join(run) for run in runs]), join(self.text))

    def test_weights_are_passes(self) -> None:
        for texts in (
            [self.text],
            [self.text[at : at + 10] for at in range(0, 1000, 10)],
        ):
            for weight in (0.3, 2.5):
                draw = random.Random(1)
                drawn = draw_passages(
                    texts, weight, 1.0, self.settings, self.count, draw
                )
                words = sum(len(passage.words) for passage in drawn)
                passes = words / sum(map(self.count, self.text))
                self.assertAlmostEqual(passes, weight, delta=0.2 * weight)


class VariationTest(unittest.TestCase):
    passage = Sentence(
        ("TP53", "and", "TP53", "in", "wild", "mice"),
        {"Gene": (1, 0, 1, 0, 0, 0), "Species": (0, 0, 0, 0, 1, 2)},
    )
    settings = Augmentation(1.0, 1.0, 1.0, 1.0, 0.0)

    def test_a_mention_becomes_the_same_name_everywhere(self) -> None:
        known = {"Gene": [("heat", "shock", "70")], "Species": [("E", ".", "coli")]}
        varied = swap_names(self.passage, self.settings, known, {}, random.Random(1))
        self.assertEqual(
            " ".join(varied.words), "heat shock 70 and heat shock 70 in E . coli"
        )
        self.assertEqual(mentions([varied]), known)
        self.assertEqual(entities(varied.labels["Species"]), {(8, 10)})

    def test_mentions_of_two_types_on_a_word_stay(self) -> None:
        both = Sentence(("x",), {"Gene": (1,), "Species": (1,)})
        known = {"Gene": [("y",)], "Species": [("z",)]}
        varied = swap_names(both, self.settings, known, {}, random.Random(1))
        self.assertEqual(varied, both)

    def test_case_leaves_the_labels(self) -> None:
        for seed in range(9):
            varied = change_case(self.passage, random.Random(seed))
            self.assertEqual(varied.labels, self.passage.labels)
            self.assertEqual(
                [word.lower() for word in varied.words],
                [word.lower() for word in self.passage.words],
            )


class DenseTest(unittest.TestCase):
    def test_names_of_several_types_are_left_out(self) -> None:
        first, second = without_ambiguous(
            {"Gene": [("Insulin",), ("TP53",)], "Chemical": [("aspirin",)]},
            {"Chemical": [("insulin",), ("Aspirin",)]},
        )
        self.assertEqual(first, {"Gene": [("TP53",)], "Chemical": [("aspirin",)]})
        self.assertEqual(second, {"Chemical": [("Aspirin",)]})

    def test_every_term_is_tagged_with_its_type(self) -> None:
        names = {kind: [(kind, str(n)) for n in range(50)] for kind in TYPES}
        terms = DenseTerms(Dense(1.0, (9, 9), 1.0), names, {})
        sentence = terms.sentence(random.Random(1))
        found = {kind: len(entities(sentence.labels[kind])) for kind in TYPES}
        self.assertEqual(sum(found.values()), 9)
        for kind in TYPES:
            self.assertEqual(found[kind], sentence.words.count(kind))


if __name__ == "__main__":
    unittest.main()
