import unittest
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from gguf import GGMLQuantizationType, GGUFReader, GGUFWriter
from gguf.quants import dequantize, quantize

from training.config import load_config
from training.data.batches import pack
from training.data.samples import Sample
from training.data.sentences import LABELS, TYPES
from training.export import add_shape, add_task, add_tensors
from training.loop.checkpoint import Progress
from training.model.encoder import Encoder
from training.model.hashes import HASHES, hash_of
from training.model.rounding import as_stored, q5_0
from training.model.scores import Line, read_lines
from training.model.weights import load_encoder
from training.tests.stand_ins import SHAPE


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
        model = Encoder(SHAPE)
        samples = [
            Sample(
                (40 + length % 2, 2),
                tuple(range(1, length + 1)),
                (0, length - 1),
                ((0,) * 4,) * 2,
            )
            for length in (3, 11, 8, 7)
        ]
        with torch.inference_mode():
            packed = model(pack(samples))
            single = torch.cat([model(pack([sample])) for sample in samples])
        torch.testing.assert_close(packed, single, rtol=1e-4, atol=1e-5)

    def test_every_word_sees_both_sides(self) -> None:
        torch.manual_seed(1)
        model = Encoder(SHAPE)
        with torch.inference_mode():
            first = model(pack([Sample((), (1, 2, 3), (0,), ((0,) * 4,))]))
            second = model(pack([Sample((), (1, 2, 4), (0,), ((0,) * 4,))]))
            behind = model(pack([Sample((5,), (1, 2, 3), (0,), ((0,) * 4,))]))
        self.assertFalse(torch.allclose(first, second))
        self.assertFalse(torch.allclose(first, behind))

    def test_an_instruction_does_not_see_the_words(self) -> None:
        torch.manual_seed(1)
        model = Encoder(SHAPE)
        with torch.inference_mode():
            first, second = (
                model.hidden(pack([Sample((5, 6), (1, 2, last), (0,), ((0,) * 4,))]))
                for last in (3, 4)
            )
        torch.testing.assert_close(first[:2], second[:2])
        self.assertFalse(torch.allclose(first[2:], second[2:]))

    def test_every_type_has_a_head_of_its_own(self) -> None:
        model = Encoder(SHAPE)
        batch = pack([Sample((), (1, 2, 3), (0, 2), ((0,) * 4,) * 2)])
        self.assertEqual(model(batch).shape, (2, len(TYPES), len(LABELS)))
        with torch.no_grad():
            before = model(batch)
            model.cls["output"][2].bias += 1
            changed = (model(batch) - before).abs().amax((0, 2)) > 0.5
        self.assertEqual(changed.tolist(), [False, False, True, False])


class FileTest(unittest.TestCase):
    def test_a_file_holds_the_heads_and_what_engines_need_to_know(self) -> None:
        config = load_config()
        model = Encoder(SHAPE)
        with TemporaryDirectory() as folder:
            path = Path(folder) / "model.gguf"
            writer = GGUFWriter(path, "llama-embed")
            add_shape(writer, SHAPE)
            add_task(writer, config, Progress(longest=60))
            add_tensors(writer, model, config.model)
            writer.write_header_to_file()
            writer.write_kv_data_to_file()
            writer.write_tensors_to_file()
            writer.close()
            reader = GGUFReader(path)
            read = load_encoder(path)

        def value(key: str):
            return reader.get_field(f"vaner.{key}").contents()

        hashes = [hash_of(tensor.data) for tensor in reader.tensors]
        self.assertEqual(reader.get_field(HASHES).contents(), hashes)
        self.assertEqual(value("heads"), list(TYPES))
        self.assertEqual(read_lines(reader), dict.fromkeys(TYPES, Line()))
        self.assertEqual(value("max_tokens"), 60)
        self.assertIn("BC5CDR-chem:Chemical", value("instruction.trained"))
        self.assertNotIn("BC5CDR-chem:Disease", value("instruction.trained"))
        for mine, its in zip(model.cls["output"], read.cls["output"], strict=True):
            torch.testing.assert_close(its.weight, mine.weight)
        down = model.blk[1].ffn_down.weight
        torch.testing.assert_close(read.blk[1].ffn_down.weight, q5_0(down))

    def test_one_head_becomes_the_start_of_all(self) -> None:
        config = load_config()
        model = Encoder(SHAPE)
        one = model.cls["output"][0]
        with TemporaryDirectory() as folder:
            path = Path(folder) / "model.gguf"
            writer = GGUFWriter(path, "llama-embed")
            add_shape(writer, SHAPE)
            heads = model.cls
            model.cls = torch.nn.ModuleDict({"output": one})
            add_tensors(writer, model, config.model)
            model.cls = heads
            writer.write_header_to_file()
            writer.write_kv_data_to_file()
            writer.write_tensors_to_file()
            writer.close()
            read = load_encoder(path)
        for head in read.cls["output"]:
            torch.testing.assert_close(head.weight, one.weight)
            torch.testing.assert_close(head.bias, one.bias)


class InstructionTest(unittest.TestCase):
    def test_only_the_dataset_is_in_it_to_the_last_space(self) -> None:
        instruction = load_config().instruction
        expected = "If any entity is mentioned in the ncbi input, extract it. ##input: "
        self.assertEqual(instruction.text("ncbi"), expected)
        self.assertEqual(instruction.text(None), expected.replace("ncbi ", ""))


if __name__ == "__main__":
    unittest.main()
