import dataclasses

import pytest

from experiments.doctor.finding import Finding


def test_a_finding_is_wrong_unless_it_says_otherwise_and_does_not_change():
    finding = Finding("dvc.lock is empty", "bring it back", None)
    assert finding.wrong
    with pytest.raises(dataclasses.FrozenInstanceError):
        finding.wrong = False
