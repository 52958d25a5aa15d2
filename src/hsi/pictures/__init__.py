"""Results as pictures: maps, splits and scores."""
