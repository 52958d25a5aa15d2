"""Classify pixels with a trained model: tile by tile, of a whole scene of any size."""
