"""All figures of the model card, in one JSON document beside the model."""
