"""The recipe that makes the default model: a LLaMA without its causal mask, taught to tag words."""

import os

# Read when torch is first imported. Waiting threads that spin take the processor from the thread they wait for: on two
# cores shared with a compiler, training was six times slower.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
