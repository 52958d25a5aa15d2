import pytest
import torch
from examples import QUICK, network
from torch import nn

from hsi import choices
from hsi.cube.windows import windows
from hsi.networks.trunk_head import TrunkHead, dense, refuse_unless


def small() -> TrunkHead:
    """A network of 2 components, windows of 5 pixels and 3 classes."""
    torch.manual_seed(0)
    trunk = nn.Sequential(nn.Flatten(1, 2), nn.Conv2d(2, 4, 3))
    return TrunkHead(trunk, nn.Sequential(nn.Flatten(), nn.Linear(36, 3)), window=5, margin=1)


@pytest.mark.parametrize("at_once", [1, 2, 4, 5, 7, 100])
def test_all_pixels_come_in_reading_order_and_some_in_their_own(at_once):
    model, tile = small(), torch.randn(2, 3 + 4, 5 + 4)
    with torch.no_grad():
        expected = model(windows(tile, 5).flatten(0, 1)[:, None]).softmax(1)
        torch.testing.assert_close(model.probabilities(tile, None, at_once), expected)
        rows, columns = torch.tensor([2, 0, 1, 1]), torch.tensor([4, 0, 3, 3])
        some = model.probabilities(tile, (rows, columns), at_once)
        torch.testing.assert_close(some, expected[rows * 5 + columns])


@pytest.mark.parametrize("rows", [1, 2, 100])
def test_a_dense_layer_slides_over_a_scene_as_it_reads_each_window(monkeypatch, rows):
    torch.manual_seed(0)
    trunk = nn.Sequential(nn.Flatten(1, 2), nn.Conv2d(2, 4, 3))
    head = nn.Sequential(nn.Flatten(), nn.Dropout(0.5), *dense(36, 6, 3, dropout=0.5))
    model, tile = TrunkHead(trunk, head, window=5, margin=1).eval(), torch.randn(2, 3 + 4, 5 + 4)
    monkeypatch.setattr("hsi.networks.trunk_head.COPIES", rows * 5 * 6)
    sizes = []
    head[-1].register_forward_hook(lambda _, inputs, output: sizes.append(len(output)))
    with torch.no_grad():
        found = model.probabilities(tile, None, 1)
        assert sizes == {1: [5, 5, 5], 2: [10, 5], 100: [15]}[rows]
        expected = model(windows(tile, 5).flatten(0, 1)[:, None]).softmax(1)
        torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.9])
def test_probabilities_are_those_of_which_label_smoothing_made_the_softmax(smoothing):
    model = small()
    model.label_smoothing.fill_(smoothing)
    true = torch.tensor([[0.7, 0.2, 0.1], [1.0, 0.0, 0.0], [0.0, 0.5, 0.5]])
    learnt = (1 - smoothing) * true + smoothing / 3
    torch.testing.assert_close(model.probabilities_of(learnt.log().clamp(min=-50)), true)
    surer = torch.tensor([[50.0, 0.0, 0.0]])  # than labels that are smoothed teach
    torch.testing.assert_close(model.probabilities_of(surer), torch.tensor([[1.0, 0.0, 0.0]]))


def test_the_trunk_runs_once_and_the_head_never_reads_more_windows_than_asked_for():
    model, ran, read = small(), [], []
    model.trunk.register_forward_hook(lambda *call: ran.append(call))
    model.head.register_forward_hook(lambda _, inputs, output: read.append(len(output)))
    pixels = torch.arange(5) % 3, torch.arange(5)
    for some, total in ((None, 15), (pixels, 5)):
        model.probabilities(torch.randn(2, 3 + 4, 5 + 4), some, 2)
        assert max(read) == 2
        assert sum(read) == total
        read.clear()
    assert len(ran) == 2


@pytest.mark.parametrize("name", QUICK)
def test_a_trunk_takes_its_margin_from_each_side_of_any_scene(name):
    with torch.device("meta"):
        for place in choices.NETWORKS[name].places:
            model = network(name, components=13, window=9, attention="se", at=[place]).eval()
            assert model.window == 9
            found = model.trunk(torch.zeros(1, 1, 13, 15, 18))
            assert found.shape[2:] == (15 - 2 * model.margin, 18 - 2 * model.margin)
            left = 9 - 2 * model.margin
            assert model.head(found[..., :left, :left]).shape == (1, 16)


def test_dense_layers_end_with_scores_after_no_activation():
    layers = dense(8, 4, 3, 2, dropout=0.25)
    assert [type(layer) for layer in layers] == [
        *(nn.Linear, nn.ReLU, nn.Dropout),
        *(nn.Linear, nn.ReLU, nn.Dropout),
        nn.Linear,
    ]
    assert nn.Sequential(*layers)(torch.zeros(5, 8)).shape == (5, 2)
    assert layers[2].p == 0.25


def test_sizes_that_do_not_fit_are_refused_by_key():
    refuse_unless(True, "patches.window", 9, "cnn2d", "at least 5")
    with pytest.raises(ValueError, match=r"patches\.window=3 does not fit cnn2d, may be at least"):
        refuse_unless(False, "patches.window", 3, "cnn2d", "at least 5")
