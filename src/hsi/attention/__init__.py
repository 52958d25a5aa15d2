"""Attention modules, one file an idea; `hsi.choices.ATTENTIONS` names them."""
