"""Hyperspectral image classification: a scene and a few labels to a network, score and map."""
