import torch
from examples import network

from hsi.model import parameter_count
from hsi.networks.mobilenet import mobilenet_v2
from hsi.networks.trunk_head import InputShape


def test_the_imagenet_form_has_the_published_count():
    with torch.device("meta"):
        shape, nowhere = InputShape(3, 224, 1000), lambda place, channels, axes: []
        model = mobilenet_v2(shape, nowhere, dropout=0.0, imagenet=True)
        assert model(torch.zeros(2, 1, 3, 224, 224)).shape == (2, 1000)
    assert parameter_count(model) == 3_504_872


def test_attention_is_offered_the_expanded_maps_and_the_last_ones():
    offered = []

    def attend(place, channels, axes):
        offered.append((place, channels, axes))
        return []

    with torch.device("meta"):
        mobilenet_v2(InputShape(30, 25, 16), attend, dropout=0.2)
    blocks = [channels for place, channels, _ in offered if place == "blocks"]
    assert len(blocks) == 17
    assert (blocks[0], blocks[1], blocks[-1]) == (32, 6 * 16, 6 * 160)
    assert offered[-1] == ("last", 1280, 2)


def test_a_window_of_25_ends_as_4_pixels():
    with torch.device("meta"):
        model = network("mobilenet_v2")
        sides = []
        for layer in model.head:
            layer.register_forward_hook(lambda *call: sides.append(tuple(call[-1].shape[2:])))
        model.eval()(torch.zeros(1, 1, 30, 25, 25))
    maps = [side for side in sides if len(side) == 2]
    assert maps[0] == (25, 25)
    assert maps[-2:] == [(4, 4), (1, 1)]
