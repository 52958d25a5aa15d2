"""The drill: break the pipeline on purpose, many times, and count what comes out."""
