import numpy as np

from hsi.scores.distance import by_distance


def test_pixels_are_counted_at_powers_of_two_and_their_mean_is_the_accuracy():
    targets = np.array([0, 0, 1, 1, 2, 2])
    answers = np.array([0, 1, 1, 1, 2, 0])
    copied = np.array([0, 0, 0, 1, 0, 0])
    distance = np.array([1.0, 1.4, 2.0, 3.9, 4.0, 40.0])
    rows = by_distance(targets, answers, copied, distance)
    assert [(each["from"], each["below"], each["pixels"]) for each in rows] == [
        (1.0, 2.0, 2),
        (2.0, 4.0, 2),
        (4.0, 8.0, 1),
        (32.0, 64.0, 1),
    ]
    assert [each["accuracy"] for each in rows] == [0.5, 1.0, 1.0, 0.0]
    assert [each["floor"] for each in rows] == [1.0, 0.5, 0.0, 0.0]
