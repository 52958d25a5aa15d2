from hsi.scene.known.rosis import PAVIA_CENTRE, PAVIA_UNIVERSITY


def test_most_of_the_old_town_of_pavia_is_water_and_tiles():
    first, second = sorted(PAVIA_CENTRE.classes, key=lambda each: -each.pixels)[:2]
    assert (first.name, second.name) == ("Water", "Tiles")


def test_both_scenes_show_the_same_bands_of_one_instrument():
    assert PAVIA_UNIVERSITY.sensor == PAVIA_CENTRE.sensor
    assert PAVIA_UNIVERSITY.false_colour == PAVIA_CENTRE.false_colour
    assert PAVIA_UNIVERSITY.shape[2] == PAVIA_CENTRE.shape[2] + 1
