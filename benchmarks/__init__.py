"""Measurements of speed and memory: each script runs what it compares and prints a table.

What a variant scores is not measured here but by studies (src/experiments/studies).
"""

import stages  # puts this checkout's src/ on the path

del stages  # `from benchmarks import stages` is benchmarks/stages.py
