"""Entity-level scores on dev and test splits."""
