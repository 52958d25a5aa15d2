"""Train a network by gradient descent: the loop, the two kinds of step, and checkpoints."""
