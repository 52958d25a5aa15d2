import torch
from examples import network

from hsi.model import parameter_count


def test_it_has_the_published_number_of_parameters():
    with torch.device("meta"):
        assert parameter_count(network(batch_norm=False)) == 5_122_176
        assert parameter_count(network(batch_norm=True)) == 5_122_416
        # 15 components for Pavia University and Salinas in the paper
        pavia = network(components=15, classes=9, batch_norm=False)
        salinas = network(components=15, classes=16, batch_norm=False)
        assert parameter_count(pavia) == 4_844_793
        assert parameter_count(salinas) == 4_845_696


def test_dropout_follows_both_hidden_dense_layers():
    with torch.device("meta"):
        head = list(network(dropout=0.3).head)
    shares = [each.p for each in head if isinstance(each, torch.nn.Dropout)]
    assert shares == [0.3, 0.3]
    assert isinstance(head[-1], torch.nn.Linear)


def test_attention_on_3d_maps_moves_the_2d_convolution_into_the_head():
    with torch.device("meta"):
        plain, deep = network(attention="se"), network(attention="se", at=["conv3d"])
    assert (plain.margin, deep.margin) == (4, 3)
    assert not any(isinstance(each, torch.nn.Conv2d) for each in deep.trunk)
    assert any(isinstance(each, torch.nn.Conv2d) for each in deep.head)
