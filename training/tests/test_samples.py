import unittest

from training.config import load_config
from training.data.batches import count_rows, fill, group, pack
from training.data.samples import MASKED, Sample, for_adaptive, make_samples
from training.data.sentences import TYPES, UNKNOWN, Sentence
from training.tests.stand_ins import Pieces

NONE = (UNKNOWN,) * len(TYPES)


def of_gene(label: int) -> tuple[int, ...]:
    return tuple(label if kind == "Gene" else UNKNOWN for kind in TYPES)


class SamplesTest(unittest.TestCase):
    passage = Sentence(("abc", "de", "f"), {"Gene": (1, 2, 0)})
    instruction = (1, 2, 3)

    def test_labels_sit_on_first_tokens(self) -> None:
        (sample,) = make_samples(self.passage, self.instruction, Pieces())
        self.assertEqual(sample.word_starts, (0, 3, 5))
        self.assertEqual(len(sample), 9)

    def test_what_a_corpus_does_not_annotate_is_unknown(self) -> None:
        (sample,) = make_samples(self.passage, self.instruction, Pieces())
        self.assertEqual(sample.labels, (of_gene(1), of_gene(2), of_gene(0)))

    def test_long_passages_are_cut_between_words(self) -> None:
        samples = make_samples(self.passage, self.instruction, Pieces(), max_tokens=6)
        self.assertEqual([len(sample.labels) for sample in samples], [1, 2])

    def test_masked_words_keep_their_labels(self) -> None:
        (sample,) = make_samples(
            self.passage, self.instruction, Pieces(), masked=frozenset((0,))
        )
        self.assertEqual(sample.tokens[: len(MASKED)], MASKED)
        self.assertEqual(sample.word_starts, (0, 1, 3))
        self.assertEqual(sample.labels[0], of_gene(1))

    def test_the_nameless_instruction_learns_what_is_sure(self) -> None:
        corpora = {corpus.name: corpus for corpus in load_config().corpora}
        passage = Sentence(("Patients", "with", "flu"), {"Species": (0, 0, 1)})
        masked = for_adaptive(passage, corpora["S1000"])
        self.assertEqual(masked.labels, {"Species": (UNKNOWN, 0, 1)})
        both = Sentence(("x",), {"Chemical": (1,), "Gene": (1,)})
        masked = for_adaptive(both, corpora["ChemProt"])
        self.assertEqual(masked.labels, {"Chemical": (1,)})


class BatchTest(unittest.TestCase):
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
            Sample((7, 8), (1, 2, 3), (0, 2), (of_gene(1), of_gene(0))),
            Sample((7, 8), (4, 5), (1,), (of_gene(2),)),
            Sample((9,), (6,), (0,), (NONE,)),
        ]
        batch = pack(fill(samples, 13))
        self.assertEqual(batch.tokens.tolist(), [7, 8, 9, 1, 2, 3, 4, 5, 6, 0, 0, 0, 0])
        self.assertEqual(
            batch.positions.tolist(), [0, 1, 0, 2, 3, 4, 2, 3, 1, 0, 1, 2, 0]
        )
        self.assertEqual(batch.word_rows.tolist(), [3, 5, 7, 8])
        gene = batch.labels[:, TYPES.index("Gene")]
        self.assertEqual(gene.tolist(), [1, 0, 2, UNKNOWN])

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


if __name__ == "__main__":
    unittest.main()
