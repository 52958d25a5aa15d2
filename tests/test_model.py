import json
from dataclasses import asdict, replace

import pytest
import torch
from examples import recipe, small
from safetensors.torch import save_file

from hsi.comparators.svm import SVM
from hsi.model import (
    ModelRecipe,
    build_model,
    load_model,
    parameter_count,
    restore_model,
    save_model,
)
from hsi.networks.build import AttentionRecipe
from hsi.networks.trunk_head import InputShape, TrunkHead
from hsi.tensors import write_tensors

SMALL = {"components": 13, "window": 9, "classes": 3}
X = torch.arange(2 * 13 * 81.0).reshape(2, 1, 13, 9, 9) / 1000


def trained(chosen: ModelRecipe) -> TrunkHead:
    """A network whose weights and running statistics are not those it starts with."""
    torch.manual_seed(0)
    model = build_model(chosen)
    model(torch.randn(4, 1, 13, 9, 9))
    return model.eval()


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"name": "cnn2d", "batch_norm": False, "attention": "eca"},
        {"attention": "se", "at": ["conv3d", "conv2d"], "residual": True},
        {"name": "mobilenet_v2", "dropout": 0.2},
    ],
    ids=["plain", "without batch norm", "attention", "image network"],
)
def test_a_model_file_gives_back_the_network_and_how_it_was_made(tmp_path, changes):
    chosen = recipe(**SMALL, **changes)
    model = trained(chosen)
    save_model(tmp_path / "model.safetensors", model, chosen)
    again, known = load_model(tmp_path / "model.safetensors", "cpu")
    assert known == chosen
    assert not again.training
    assert torch.equal(again(X), model(X))
    assert again.state_dict().keys() == model.state_dict().keys()


def test_a_model_file_is_the_same_bytes_wherever_and_whenever_it_is_saved(tmp_path):
    chosen = recipe(**SMALL, attention="se")
    first, other, again = (tmp_path / name for name in ("a", "folder/other", "again"))
    model = trained(chosen)
    save_model(first, model, chosen)
    save_model(other, model, chosen)
    save_model(again, *load_model(first, "cpu"))
    assert first.read_bytes() == other.read_bytes() == again.read_bytes()


class Evil:
    def __reduce__(self):
        return (print, ("executed",))


def broken_files(path):
    """Write, one after another, what is no model file."""
    chosen = recipe(**SMALL)
    model = build_model(chosen)
    for content in (b"", b"not a model", b"\x08" + bytes(20)):
        path.write_bytes(content)
        yield
    torch.save({"recipe": Evil(), "state": {}}, path)
    yield
    save_file(model.state_dict(), path)  # without a recipe
    yield
    write_tensors(path, model.state_dict(), {"name": "hybridsn"})
    yield
    save_model(path, model, replace(chosen, name="of_tomorrow"))
    yield
    save_model(path, model, replace(chosen, settings={"batch_norm": True}))
    yield
    save_model(path, model, replace(chosen, shape=InputShape(13, 9, 4)))  # another size
    yield
    save_model(path, model, recipe("cnn2d", **SMALL))  # other weights
    yield
    save_model(path, model, chosen)
    path.write_bytes(path.read_bytes()[:-1])  # cut off
    yield


def test_a_broken_or_foreign_model_file_is_one_line_and_executes_nothing(tmp_path, capsys):
    path = tmp_path / "model.safetensors"
    with pytest.raises(FileNotFoundError, match=r"model\.safetensors is missing; run `dvc repro`"):
        load_model(path, "cpu")
    message = r"model\.safetensors is (damaged|not a model .*dvc repro -f train)"
    for _ in broken_files(path):
        with pytest.raises(ValueError, match=message) as error:
            load_model(path, "cpu")
        assert len(str(error.value).splitlines()) == 1
    assert "executed" not in capsys.readouterr().out


def test_a_recipe_survives_json():
    chosen = recipe(**SMALL, attention="strip", at=["conv3d"], residual=True)
    assert ModelRecipe.from_dict(json.loads(json.dumps(asdict(chosen)))) == chosen


def test_a_comparator_is_built_like_a_network():
    nowhere = AttentionRecipe("none", {}, None, False)
    settings = {"folds": 2, "cost": [1.0], "gamma": [1.0]}
    made = build_model(ModelRecipe("svm", settings, InputShape(13, 9, 3), nowhere))
    assert isinstance(made, SVM)
    assert (made.classes, made.grid["cost"]) == (3, [1.0])


def test_parameters_are_counted_of_networks_and_of_comparators():
    assert parameter_count(small("cnn2d", batch_norm=False)) == sum(
        [13 * 9 * 39 + 39, 39 * 9 * 117 + 117, 117 * 25 * 78 + 78, 78 * 3 + 3]
    )
    model = SVM(3, folds=2, cost=[1.0], gamma=[1.0])
    torch.manual_seed(0)
    targets = torch.arange(30) % 3
    model.fit(torch.randn(30, 4) + targets[:, None], targets, torch.arange(30), seed=0)
    vectors = len(model.support)
    # support vectors, their weight for each of 3 pairs, intercepts, 2 x 3 classes, gamma,
    # temperature, and the constants that were chosen
    assert parameter_count(model) == vectors * 4 + vectors * 3 + 3 + 3 + 3 + 1 + 1 + 2


def test_a_file_that_says_nothing_of_label_smoothing_had_none():
    chosen = recipe("cnn2d", **SMALL)
    weights = trained(chosen).state_dict()
    del weights["label_smoothing"]
    again = restore_model(chosen, weights, "cpu")
    assert isinstance(again, TrunkHead)
    assert again.label_smoothing == 0


def test_restored_weights_are_those_given_and_the_model_is_ready_to_classify():
    chosen = recipe(**SMALL)
    model = trained(chosen)
    again = restore_model(chosen, model.state_dict(), "cpu")
    assert not any(each.training for each in again.modules())
    assert {each.device.type for each in again.parameters()} == {"cpu"}
    assert torch.equal(again(X), model(X))
