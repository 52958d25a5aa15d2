"""Measurements of speed and memory: each script runs what it compares and prints a table.

What a variant of params.yaml scores is measured by studies (src/experiments/studies). Here are only
scores of what no parameter sets, beside its seconds.
"""

import stages  # puts this checkout's src/ on the path

del stages  # `from benchmarks import stages` is benchmarks/stages.py
