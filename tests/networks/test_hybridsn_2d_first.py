import torch
from examples import network

from hsi.model import parameter_count


def test_its_dense_layers_read_480896_features():
    with torch.device("meta"):
        model = network("hybridsn_2d_first", batch_norm=False)
    first = next(each for each in model.head if isinstance(each, torch.nn.Linear))
    assert (first.in_features, first.out_features) == (480_896, 256)
    assert round(parameter_count(model) / 1e6) == 123


def test_attention_between_the_parts_leaves_one_convolution_in_the_trunk():
    with torch.device("meta"):
        between = network("hybridsn_2d_first", attention="se", at=["conv2d"])
        after = network("hybridsn_2d_first", attention="se", at=["conv3d"])
    assert (between.margin, after.margin) == (1, 4)
