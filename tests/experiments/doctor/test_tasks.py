from experiments.doctor.tasks import active, find


def test_a_repository_without_a_queue_has_no_tasks(repository):
    assert active(repository) == []
    assert list(find(repository)) == []


def test_a_queue_in_which_nothing_runs_has_none_either(repository):
    (repository / ".dvc/tmp/exps/celery").mkdir(parents=True)
    assert active(repository) == []
