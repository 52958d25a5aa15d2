from experiments.doctor.finding import Finding


def test_what_is_found_is_wrong_unless_it_says_otherwise():
    assert Finding("what", "remedy", None).wrong
