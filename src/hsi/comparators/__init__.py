"""Classical classifiers that a network is compared with; `hsi.choices.COMPARATORS` names them."""
