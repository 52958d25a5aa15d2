"""Measured claims: each script here runs what it compares and prints its own table."""
