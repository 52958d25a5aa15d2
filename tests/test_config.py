"""params.yaml: what it may hold, and the one line that each mistake gets."""

import re
from pathlib import Path
from typing import get_args

import pytest
import yaml

from hsi.choices import ATTENTIONS, COMPARATORS, NETWORKS, REDUCTIONS, SPLITS
from hsi.config import Params, SceneParams, load_params
from hsi.scene.known import KNOWN
from hsi.sections import check

REAL = Path("params.yaml")


def written(path: Path, *changes: tuple[str, str]) -> Path:
    text = REAL.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return path


def test_the_real_file_is_valid():
    params = load_params(REAL)
    assert params.split.seed == 345
    assert params.split.train == 0.1


def test_every_mistake_is_reported_at_once_with_key_bounds_and_value(tmp_path):
    file = written(
        tmp_path / "params.yaml",
        ("  epochs: ", "  epohcs: "),
        ("window: 19", "window: 24"),
        ("train: 0.1", "train: 1.5"),
        ("attention: none", "attention: cbma"),
        ("    dropout: 0.2", "    dropout: 1.4"),
    )
    with pytest.raises(ValueError, match=r"params\.yaml") as error:
        load_params(file)
    lines = str(error.value).splitlines()
    assert len(lines) == 6  # the misspelt key is both unknown and missing
    told = {line.split(": ")[1]: line for line in lines}
    assert "missing" in told["train.epochs"]
    assert (
        "unknown key, may be seed, batching, epochs, precision, scene, windows"
        in told["train.epohcs"]
    )
    assert told["patches.window"].endswith("may be an odd number (got 24)")
    assert told["split.train"].endswith(
        "a fraction between 0 and 1, or a whole number of pixels per class (got 1.5)"
    )
    assert told["model.attention"].endswith(f"may be {', '.join(ATTENTIONS)} (got 'cbma')")
    assert "less than 1 (got 1.4)" in told["model.hybridsn.dropout"]


@pytest.mark.parametrize("train", ["0", "-0.1", "true", "two", "[1]"])
def test_a_training_share_is_a_fraction_or_a_count(tmp_path, train):
    file = written(tmp_path / "params.yaml", ("train: 0.1", f"train: {train}"))
    with pytest.raises(ValueError, match=r"split\.train: may be a fraction"):
        load_params(file)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("split.train", value) for value in (".inf", "-.inf", ".nan", "1e300", "2147483648")),
        *(("split.validation", value) for value in (".inf", ".nan", "true", "0.5.1")),
        *(("split.seed", value) for value in ("true", "-1", "4294967296", "1.5", "null")),
        *(("train.epochs", value) for value in ("0", "true", "1e300", "2147483648", ".inf")),
        *(("train.scene.rate", value) for value in (".inf", ".nan", "true", "0", "-1")),
        *(("train.scene.weight_decay", value) for value in (".inf", ".nan", "-1e-9")),
        *(("patches.window", value) for value in ("true", "0", "-3", "9.5", "9223372036854775809")),
        *(("model.spatial.kernel", value) for value in ("100001", "0", "4", ".inf")),
        *(("model.eca.gamma", value) for value in ("1e-300", ".inf", "0")),
        *(("model.eca.b", value) for value in ("1e300", ".nan")),
        *(("model.svm.folds", value) for value in ("1", "1000000000000", "true")),
        *(("model.svm.cost", value) for value in ("[.inf]", "[]", "[true]", "7")),
        *(("model.hybridsn.dropout", value) for value in ("1", ".nan", "true")),
        *(("scene.custom.unlabelled", value) for value in ("[]", ".nan", "null", "[0, x]", "true")),
        *(("scene.custom.nodata", value) for value in (".inf", "[.nan]", "none", "true")),
        *(
            ("scene.custom.class_names", value)
            for value in ("[a]", "{a: b}", "{1: 2}", "{1: null}")
        ),
    ],
)
def test_a_value_that_cannot_be_is_one_line_that_names_it(tmp_path, key, value):
    content = yaml.safe_load(REAL.read_text(encoding="utf-8"))
    *sections, last = key.split(".")
    section = content
    for name in sections:
        section = section[name]
    section[last] = yaml.safe_load(value)
    with pytest.raises(ValueError, match=rf"^params\.yaml: {re.escape(key)}.*\(got .*\)$") as error:
        check(content, Params, Path("params.yaml"))
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("old", "new", "read"),
    [
        ("unlabelled: 0", "unlabelled: [0, 255]", {"unlabelled": (0, 255)}),
        ("unlabelled: 0", "unlabelled: 4294967295", {"unlabelled": (4294967295,)}),
        ("unlabelled: 0", "unlabelled: -3.4e+38", {"unlabelled": (-3.4e38,)}),
        ("nodata: null", "nodata: -9999", {"nodata": (-9999,)}),
        ("nodata: null", "nodata: [0, -0.5]", {"nodata": (0, -0.5)}),
        ("nodata: null", "nodata: []", {"nodata": ()}),
        ("nodata: null", "nodata: null", {"nodata": None}),
        ("truth: data/scenes/truth.mat", "truth: null", {"truth": None}),
    ],
)
def test_values_that_mean_none_are_one_or_several_numbers(tmp_path, old, new, read):
    own = load_params(written(tmp_path / "params.yaml", (old, new))).scene.custom
    assert own.model_dump().items() >= read.items()


def test_a_file_with_a_byte_order_mark_and_windows_line_ends_is_read(tmp_path):
    text = REAL.read_text(encoding="utf-8").replace("class_names: null", "class_names: {3: forêt}")
    file = tmp_path / "params.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert load_params(file).scene.custom.class_names == {3: "forêt"}


LAUGHS = "\n".join(
    ["a0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha, ha]"]
    + [f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 10)}]" for k in range(1, 10)]
)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"scene: 1\nscene: 2\n", "scene is given twice"),
        (b"model: {name: svm, name: cnn2d}\n", "name is given twice"),
        (b"[" * 5000 + b"]" * 5000, "nested too deeply"),
        (b"scene: for\xeat\n", "not UTF-8"),
        (LAUGHS.encode(), "a9: unknown key"),
        (b"{[1]: 2}", "not YAML"),
    ],
)
def test_what_is_hostile_or_broken_is_refused_at_once(tmp_path, content, message):
    (tmp_path / "params.yaml").write_bytes(content)
    with pytest.raises(ValueError, match=message) as error:
        load_params(tmp_path / "params.yaml")
    assert max(map(len, str(error.value).splitlines())) < 400


def test_yaml_1_1_reads_1e_3_as_text_and_it_is_a_number_here(tmp_path):
    assert yaml.safe_load("1e-3") == "1e-3"
    file = written(tmp_path / "params.yaml", ("weight_decay: 0.01", "weight_decay: 1e-3"))
    assert load_params(file).train.scene.weight_decay == 0.001


@pytest.mark.parametrize("content", ["", "- a list", "scene: [", "just text"])
def test_what_is_no_params_file_is_one_line(tmp_path, content):
    (tmp_path / "params.yaml").write_text(content)
    with pytest.raises(ValueError, match=r"params\.yaml: ") as error:
        load_params(tmp_path / "params.yaml")
    assert len(str(error.value).splitlines()) == 1


def test_a_missing_file_says_where_to_run():
    with pytest.raises(FileNotFoundError, match="from the top of the repository"):
        load_params(Path("nowhere.yaml"))


def test_names_are_those_of_the_tables():
    names = set(get_args(SceneParams.model_fields["name"].annotation))
    assert names == {*KNOWN, "custom"}


def test_each_choice_has_the_settings_of_its_own_block():
    params = load_params(REAL)
    assert params.model.settings_of("none") == {}
    assert params.model.settings_of("cbam") == {"reduction": 16, "kernel": 7}
    assert params.model.settings_of("hybridsn") == {"batch_norm": True, "dropout": 0.2}
    assert params.model.settings_of("svm")["folds"] == 5
    assert params.reduce.settings_of("pca") == {"whiten": True}
    assert params.split.settings_of("random") == {}
    assert params.split.settings_of("blocks") == {"side": 16}
    assert params.train.recipe is params.train.scene
    classic = params.train.model_copy(update={"batching": "windows"})
    assert classic.recipe.batch == 128


def test_values_never_change():
    with pytest.raises(ValueError, match="frozen"):
        load_params(REAL).train.epochs = 1


@pytest.mark.parametrize(
    ("section", "name"),
    [
        *(("split", name) for name in SPLITS),
        *(("reduce", name) for name in REDUCTIONS),
        *(("model", name) for name in [*NETWORKS, *COMPARATORS, *ATTENTIONS]),
    ],
)
def test_a_choice_without_its_block_is_one_line(section, name):
    content = yaml.safe_load(REAL.read_text(encoding="utf-8"))
    del content[section][name]
    with pytest.raises(ValueError, match=rf"^params\.yaml: {section}\.{name}: is missing$"):
        check(content, Params, REAL)


@pytest.mark.parametrize("old", Params.renamed)
def test_a_key_of_an_earlier_version_is_told_where_it_stands_now(old):
    content = yaml.safe_load(REAL.read_text(encoding="utf-8"))
    section, key = old.split(".")
    content[section][key] = 16
    with pytest.raises(ValueError, match=r"params\.yaml") as error:
        check(content, Params, REAL)
    assert str(error.value) == f"params.yaml: {old}: has moved to {Params.renamed[old]} (got 16)"
    named = re.findall(r"[a-z]\w*(?:\.\w+)+", Params.renamed[old])
    assert named
    assert set(named) <= leaves(content), "the new key is one of params.yaml"


def leaves(section: dict, prefix: str = "") -> set[str]:
    """Return the dotted keys of a nested mapping's values."""
    found = set()
    for key, value in section.items():
        found |= leaves(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key}
    return found


def test_every_key_decides_some_stage_and_no_stage_waits_for_another():
    stages = yaml.safe_load(Path("dvc.yaml").read_text(encoding="utf-8"))["stages"].values()
    content = yaml.safe_load(REAL.read_text(encoding="utf-8"))
    listed = {key for stage in stages for key in stage.get("params", [])}
    blocks = {f"model.{name}" for name in [*NETWORKS, *COMPARATORS, *ATTENTIONS]}
    listed |= blocks | {"train.scene", "train.windows"}
    listed -= {"model.${model.name}", "model.${model.attention}", "train.${train.batching}"}
    for key in leaves(content):
        parts = key.split(".")
        assert any(".".join(parts[:end]) in listed for end in range(1, 5)), f"{key} decides nothing"
    assert {key.split(".")[0] for key in listed} == set(Params.model_fields)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            [("attention: none", "attention: se"), ("attention_at: null", "attention_at: [block]")],
            "model.attention_at: may be null (the usual place) or among conv2d, conv3d for "
            "hybridsn (got ['block'])",
        ),
        (
            [("name: hybridsn", "name: svm"), ("attention: none", "attention: eca")],
            "model.attention: may be none for svm, which has no feature maps (got 'eca')",
        ),
        (
            [("attention: none", "attention: nonlocal"), ("residual: false", "residual: true")],
            "model.attention_residual: may be false for nonlocal, which adds its input already "
            "(got True)",
        ),
        ([("kernel: 7 ", "kernel: 8 ")], "model.spatial.kernel: may be an odd number (got 8)"),
        ([("    gamma: 2", "    gama: 2")], "model.eca.gama: unknown key, may be gamma, b (got 2)"),
        (
            [("folds: 5", "folds: 1")],
            "model.svm.folds: should be greater than or equal to 2 (got 1)",
        ),
        ([("method: random ", "method: row ")], "split.method: may be random, blocks, polygons"),
        ([("method: mnf ", "method: ica ")], "reduce.method: may be pca, mnf (got 'ica')"),
        ([("name: hybridsn", "name: hybridsm")], "model.name: may be hybridsn, hybridsn_2d_first"),
    ],
)
def test_what_does_not_go_together_is_one_line(tmp_path, changes, line):
    with pytest.raises(ValueError, match=r"params\.yaml") as error:
        load_params(written(tmp_path / "params.yaml", *changes))
    assert line in str(error.value)


def test_only_a_comparator_with_anchors_learns_from_its_map(tmp_path):
    asked = ("self_training: false ", "self_training: true ")
    walker = ("smoothing: none  ", "smoothing: random_walker")
    anchors = ("seeds: none ", "seeds: training ")
    comparator = [("name: hybridsn ", "name: lda "), ("window: 19 ", "window: 1 ")]
    for changes in ([asked], [asked, *comparator], [asked, walker, *comparator]):
        with pytest.raises(ValueError, match=r"inference.self_training: may be true with a compar"):
            load_params(written(tmp_path / "params.yaml", *changes))
    load_params(written(tmp_path / "params.yaml", asked, walker, anchors, *comparator))


def test_a_temperature_needs_pixels_to_be_fitted_on(tmp_path):
    wanted = ("temperature: false", "temperature: true")
    with pytest.raises(ValueError, match=r"inference.temperature: may be true where split.valid"):
        load_params(written(tmp_path / "params.yaml", wanted))
    file = written(tmp_path / "params.yaml", wanted, ("validation: 0 ", "validation: 0.1 "))
    assert load_params(file).inference.temperature
    own = ("method: random ", "method: file ")
    with pytest.raises(ValueError, match=r"may be true where split.file.validation sets"):
        load_params(written(tmp_path / "params.yaml", wanted, own))
