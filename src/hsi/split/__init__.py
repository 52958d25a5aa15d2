"""Which pixels train and which test: split methods, and what a split leaks."""
