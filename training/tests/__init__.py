"""What must hold whatever the weights are: python -m unittest discover -s training/tests -t ."""

import os

# Compiling takes minutes and changes nothing that is tested here.
os.environ.setdefault("TORCHDYNAMO_DISABLE", "1")
