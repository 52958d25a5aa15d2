import numpy as np
import pytest
from PIL import Image

from experiments.studies.comparison import comparisons, read_pairs, read_runs
from experiments.studies.record import PAIRS, RUNS, write_record
from experiments.studies.report_pictures import (
    BESIDE,
    difference_picture,
    recall_picture,
    score_picture,
    write_picture,
)
from hsi.pictures.figures import DPI, LARGEST_FIGURE, MANY, write_figure


@pytest.mark.parametrize("classes", [1, MANY, MANY + 1, 1000])
def test_the_recall_of_many_classes_fits_on_a_page(planned, folder, recorded, classes):
    study = planned()
    names = [f"recall $class_{{$ {number}" for number in range(classes)]
    rows = [row | dict.fromkeys(names, 0.5) for row in recorded(study.seeds, 0.05)]
    for row in rows:
        del row["recall wheat"], row["recall fallow"]
    write_record(folder / RUNS, rows)
    figure = recall_picture(study, read_runs(study, folder / RUNS))
    assert max(figure.get_size_inches()) * DPI <= LARGEST_FIGURE
    panel = figure.axes[0]
    assert len(panel.texts) == (2 * classes if classes <= MANY else 0)
    assert panel.get_yticklabels()[0].get_text() == "$class_{$ 0"
    if classes == 1:
        write_figure(folder / "recall.png", figure)


def test_what_is_written_beside_the_axes_is_not_cut_off(planned, folder, recorded):
    first, second = "kernel ridge without borders, chosen", "kernel ridge without borders"
    variants = {first: ["model.attention=se"], second: ["model.attention=none"]}
    study = planned(variants=variants, compare=[[first, second]])
    names = {"se": first, "plain": second}
    rows = recorded(study.seeds, 0.05)
    write_record(folder / RUNS, [row | {"variant": names[row["variant"]]} for row in rows])
    runs = read_runs(study, folder / RUNS)
    compared = comparisons(study, runs, read_pairs(folder / PAIRS))
    for figure in (score_picture(study, runs), difference_picture(compared)):
        figure.draw_without_rendering()
        drawn = figure.get_tightbbox()
        assert drawn.x0 >= 0
        assert drawn.x1 <= figure.get_figwidth()


def test_recalls_of_many_variants_stand_below_one_another(planned, folder, recorded):
    rows = recorded([1], 0.05)
    names = [f"variant {number}" for number in range(BESIDE)]
    for variants, below in ((names[: BESIDE // 2], 1), (names, 2)):
        of_one = [row for row in rows if row["variant"] == "se"]
        made = [row | {"variant": name} for row in of_one for name in variants]
        write_record(folder / RUNS, made)
        study = planned(seeds=[1], variants={name: [] for name in variants}, compare=[])
        figure = recall_picture(study, read_runs(study, folder / RUNS))
        places = {round(axes.get_position().y0, 2) for axes in figure.axes[:2]}
        assert len(places) == below


def test_a_picture_has_a_palette_and_looks_as_it_was_drawn(planned, folder, recorded):
    study = planned()
    write_record(folder / RUNS, recorded(study.seeds, 0.05))
    figure = recall_picture(study, read_runs(study, folder / RUNS))
    write_figure(folder / "drawn.png", figure)
    write_picture(folder / "written.png", figure)
    with Image.open(folder / "drawn.png") as drawn, Image.open(folder / "written.png") as written:
        assert written.mode == "P"
        difference = np.asarray(drawn.convert("RGB"), int) - np.asarray(written.convert("RGB"), int)
    assert np.abs(difference).mean() < 1
    assert (folder / "written.png").stat().st_size < (folder / "drawn.png").stat().st_size


@pytest.mark.parametrize("floor", [0.5, None])
def test_a_floor_is_spoken_of_where_there_is_one_and_no_score_exceeds_100(
    planned, folder, recorded, floor
):
    study = planned()
    rows = [row | {"floor_oa": floor, "oa": 0.9 + 0.0999 * (row["seed"] % 2)} for row in
            recorded(study.seeds, 0.05)]  # fmt: skip
    write_record(folder / RUNS, rows)
    figure = score_picture(study, read_runs(study, folder / RUNS))
    assert ("floor" in figure.get_supxlabel()) == (floor is not None)
    assert 100 < figure.axes[0].get_xlim()[1] < 101.5
