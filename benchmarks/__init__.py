"""Measured claims: each script here runs what it compares and prints its own table."""

import stages  # noqa: F401  puts this checkout's src/ on the path
