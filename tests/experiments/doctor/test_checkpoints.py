import os
import time

import pytest

from experiments.doctor.checkpoints import find


@pytest.mark.parametrize(("hours", "age"), [(0.5, "0.5 hours"), (36, "36.0 hours"), (72, "3 days")])
def test_a_checkpoint_is_named_with_size_and_age_and_kept(repository, hours, age):
    path = repository.write(".scratch/0a1b.pt", "x" * 2_000_000)
    os.utime(path, (time.time() - hours * 3600,) * 2)
    [finding] = find(repository.root)
    assert finding.what == f".scratch/0a1b.pt is a checkpoint, 2.0 MB, {age} old"
    assert finding.mend is None
    assert not finding.wrong


def test_no_checkpoint_is_nothing_to_tell(repository):
    assert not list(find(repository.root))
