"""The reduced cube as a model sees it: padding, visibility, windows, and symmetries."""
