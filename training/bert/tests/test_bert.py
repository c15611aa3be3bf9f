import unittest
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import (
    BertConfig,
    BertForTokenClassification,
    PreTrainedTokenizerFast,
)

from training.bert.score import predict, score_file, write
from training.bert.sentences import IGNORED, encode, first_pieces, targets
from training.data.conll import read_file

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "cystic", "fibro", "##sis", "-", "a"]
SENTENCES = [("cystic", "fibrosis"), ("a", "cystic-fibrosis", "", "a")]


def make_tokenizer() -> PreTrainedTokenizerFast:
    vocabulary = {piece: row for row, piece in enumerate(PIECES)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="[PAD]")


class BertTest(unittest.TestCase):
    def setUp(self) -> None:
        torch.manual_seed(1)
        self.tokenizer = make_tokenizer()
        config = BertConfig(
            vocab_size=len(PIECES),
            hidden_size=16,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=32,
            num_labels=3,
        )
        self.model = BertForTokenClassification(config)

    def test_the_first_piece_of_a_word_gets_its_label(self) -> None:
        encoding = encode(self.tokenizer, SENTENCES)
        self.assertEqual(first_pieces(encoding, 0), {0: 1, 1: 2})
        self.assertEqual(first_pieces(encoding, 1), {0: 1, 1: 2, 3: 6})
        rows = targets(encoding, [(1, 2), (0, 1, 2, 0)]).tolist()
        self.assertEqual(rows[0], [IGNORED, 1, 2, *[IGNORED] * 5])
        self.assertEqual(rows[1], [IGNORED, 0, 1, *[IGNORED] * 3, 0, IGNORED])

    def test_a_word_without_pieces_is_outside(self) -> None:
        with torch.no_grad():
            self.model.classifier.bias.copy_(torch.tensor([0.0, 0.0, 100.0]))
        found = predict(self.model, self.tokenizer, SENTENCES)
        self.assertEqual(found, [[2, 2], [2, 2, 0, 2]])

    def test_predictions_are_a_corpus_that_agrees_with_itself(self) -> None:
        sentences = [tuple(word for word in words if word) for words in SENTENCES]
        labels = predict(self.model, self.tokenizer, sentences)
        with TemporaryDirectory() as folder:
            path = Path(folder) / "predictions.tsv"
            write(path, sentences, labels)
            self.assertEqual([words for words, _ in read_file(path)], sentences)
            found = score_file(self.model, self.tokenizer, path)
        self.assertEqual(found.predicted, found.correct)
        self.assertEqual(found.support, found.correct)


if __name__ == "__main__":
    unittest.main()
