import os
import time

from experiments.doctor.checkpoints import find


def test_a_checkpoint_is_named_with_size_and_age_and_is_not_wrong(repository):
    assert list(find(repository)) == []
    path = repository / ".scratch/abc.pt"
    path.parent.mkdir()
    path.write_bytes(bytes(2_500_000))
    for hours, age in ((1.5, "1.5 hours old"), (72, "3 days old")):
        os.utime(path, (time.time() - hours * 3600,) * 2)
        (finding,) = find(repository)
        assert finding.what == f".scratch/abc.pt is a checkpoint, 2.5 MB, {age}"
        assert (finding.wrong, finding.mend) == (False, None)
