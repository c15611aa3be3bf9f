"""What a training run keeps: loss, schedule, averaged weights, checkpoints, learning curve."""
