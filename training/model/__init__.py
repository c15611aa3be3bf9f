"""The encoder with its heads, its tokenizer, and what a GGUF file holds of them."""
