"""Reduce hundreds of bands to a few components."""
