"""Scores of a classification: accuracy, calibration, and whether differences are significant."""
