"""Writes the averaged weights of a run's checkpoint as a GGUF file of format 5.

python -m training.export --run second --out models/vaner-smollm2.gguf
"""

import argparse
from pathlib import Path

from gguf import (
    GGMLQuantizationType,
    GGUFReader,
    GGUFValueType,
    GGUFWriter,
    LlamaFileType,
    PoolingType,
)
from gguf.quants import quantize
from torch import Tensor

from training.config import HERE, Config, ModelConfig, load_config
from training.data.sentences import LABELS, TYPES
from training.loop.average import Average
from training.loop.checkpoint import Progress, Store, resume
from training.model.encoder import Encoder, Shape
from training.model.hashes import HASHES, hash_of
from training.model.scores import OFFSETS, SLOPES
from training.model.weights import split_state, start_encoder
from training.train import start_file

NAME = "VANER SmolLM2"
BASE = ("SmolLM2-135M-Instruct", "HuggingFaceTB")
# llama.cpp's name for a file goes by what most of its weights are.
FILE_TYPES = {
    "Q8_0": LlamaFileType.MOSTLY_Q8_0,
    "Q5_0": LlamaFileType.MOSTLY_Q5_0,
    "F32": LlamaFileType.ALL_F32,
}
EMBEDDING = "token_embd.weight"
# The chat template means nothing to a tagger.
LEFT_OUT = ("tokenizer.chat_template", "tokenizer.ggml.add_bos_token")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", default="second")
    parser.add_argument("--runs", type=Path, default=HERE / "runs")
    parser.add_argument(
        "--out", type=Path, default=HERE.parent / "models" / "vaner-smollm2.gguf"
    )
    parser.add_argument("--config", type=Path, default=HERE / "config.toml")
    arguments = parser.parse_args()
    config = load_config(arguments.config)
    folder = arguments.runs / arguments.run
    checkpoint = Store(folder).find()
    if checkpoint is None:
        raise SystemExit(f"run '{arguments.run}' has no checkpoint")
    start = start_file(config.start, folder)
    model = start_encoder(start, config.model)
    average = Average(model, 0.0, 1)
    progress = resume(checkpoint, model, average)
    # Whoever reads the target meanwhile sees the old file or the new one, never half of one.
    partial = arguments.out.with_suffix(".partial")
    with average.applied(model):
        write(partial, model, GGUFReader(start), config, progress)
    partial.replace(arguments.out)
    size = arguments.out.stat().st_size
    print(
        f"{arguments.out}: {size / 1e6:.1f} MB, step {progress.step}, {progress.tokens} tokens of training"
    )


def write(
    path: Path, model: Encoder, start: GGUFReader, config: Config, progress: Progress
) -> None:
    writer = GGUFWriter(path, "llama-embed")
    parameters = sum(weight.numel() for weight in model.parameters())
    add_general(writer, config, parameters)
    add_shape(writer, model.shape)
    add_task(writer, config, progress)
    add_tokenizer(writer, start)
    add_tensors(writer, model, config.model)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def add_general(writer: GGUFWriter, config: Config, parameters: int) -> None:
    writer.add_type("model")
    writer.add_name(NAME)
    writer.add_description("Tags biomedical entities of four types in one pass")
    writer.add_size_label(f"{parameters / 1e6:.0f}M")
    writer.add_license("apache-2.0")
    writer.add_languages(["en"])
    writer.add_base_model_count(1)
    writer.add_base_model_name(0, BASE[0])
    writer.add_base_model_organization(0, BASE[1])
    names = [corpus.name for corpus in config.corpora if corpus.weight]
    writer.add_dataset_count(len(names))
    for index, name in enumerate(names):
        writer.add_dataset_name(index, name)
    writer.add_file_type(FILE_TYPES[config.model.feed_forward_type])
    writer.add_quantization_version(2)


def add_shape(writer: GGUFWriter, shape: Shape) -> None:
    writer.add_block_count(shape.layers)
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.embedding)
    writer.add_feed_forward_length(shape.feed_forward)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_layer_norm_rms_eps(shape.epsilon)
    writer.add_rope_freq_base(shape.rope_base)
    writer.add_rope_dimension_count(shape.rope_dimensions)
    writer.add_vocab_size(shape.vocabulary)
    writer.add_causal_attention(False)
    writer.add_pooling_type(PoolingType.NONE)


def add_task(writer: GGUFWriter, config: Config, progress: Progress) -> None:
    writer.add_classifier_output_labels(LABELS)
    writer.add_uint32("vaner.format", 5)
    writer.add_array("vaner.heads", TYPES)
    writer.add_string("vaner.tagging", "BIO")
    # For training.calibrate to set.
    writer.add_array(SLOPES, [1.0] * len(TYPES))
    writer.add_array(OFFSETS, [0.0] * len(TYPES))
    writer.add_string("vaner.instruction.template", config.instruction.template)
    writer.add_string(
        "vaner.instruction.adaptive_template", config.instruction.adaptive_template
    )
    pairs = [
        pair for corpus in config.corpora if corpus.weight for pair in corpus.pairs()
    ]
    writer.add_array("vaner.instruction.trained", list(dict.fromkeys(pairs)))
    # It sees nothing but itself, so that engines compute it once.
    writer.add_bool("vaner.instruction.attends_input", False)
    # One scale for a row costs nothing that the dev sets could tell, see the model card.
    writer.add_string("vaner.int8_scales", "rows")
    writer.add_uint32("vaner.max_tokens", progress.longest)
    writer.add_uint32("vaner.passage.max_tokens", config.passages.tokens[1])
    writer.add_string("vaner.words", "letters-digits-v1")


def add_tokenizer(writer: GGUFWriter, start: GGUFReader) -> None:
    for key, field in start.fields.items():
        if key.startswith("tokenizer.") and key not in LEFT_OUT:
            kind = field.types[0]
            sub_type = field.types[-1] if kind == GGUFValueType.ARRAY else None
            writer.add_key_value(key, field.contents(), kind, sub_type)
    # The base model's chat template wrote BOS itself; here every sequence begins with it.
    writer.add_add_bos_token(True)


def add_tensors(writer: GGUFWriter, model: Encoder, config: ModelConfig) -> None:
    hashes = []
    for name, weight in split_state(model).items():
        kind = stored_type(name, weight, config)
        values = quantize(weight.numpy(), kind)
        writer.add_tensor(name, values, raw_dtype=kind)
        hashes.append(hash_of(values))
    writer.add_array(HASHES, hashes)


def stored_type(name: str, weight: Tensor, config: ModelConfig) -> GGMLQuantizationType:
    # Heads and norms are small and sensitive: they stay as they are.
    if weight.ndim < 2 or name.startswith("cls."):
        return GGMLQuantizationType.F32
    if name == EMBEDDING:
        return GGMLQuantizationType[config.embedding_type]
    if ".ffn_" in name:
        return GGMLQuantizationType[config.feed_forward_type]
    return GGMLQuantizationType[config.attention_type]


if __name__ == "__main__":
    main()
