import pytest

from experiments.doctor.lock_files import find

MD5 = "0123456789abcdef0123456789abcdef"
LOCK = f"""schema: '2.0'
stages:
  reduce:
    cmd: python -m stages.reduce
    deps:
    - path: params.yaml
      hash: md5
      md5: {MD5}
      size: 10
"""
SCENE = f"""outs:
- md5: {MD5}
  size: 10
  hash: md5
  path: field.npy
"""
FILES = [("dvc.lock", LOCK), ("data/scenes/field.npy.dvc", SCENE)]
BROKEN = {
    "empty": lambda text: "",
    "zeros": lambda text: "\0" * 50,
    "in a word": lambda text: text[: len(text) - 8],
    "in a key": lambda text: text[: text.index("hash") + 2],
    "without its end": lambda text: text[:-1],
    "other bytes": lambda text: text[:30] + "\x07" + text[30:],
}


@pytest.mark.parametrize("how", BROKEN)
@pytest.mark.parametrize(("name", "text"), FILES, ids=["lock", "scene"])
def test_a_broken_file_is_the_committed_one_again(repository, name, text, how):
    repository.write(name, text)
    repository.git("add", name)
    repository.git("commit", "--quiet", "-m", "reproduced")
    repository.edit()
    repository.write(name, BROKEN[how](text))
    [finding] = find(repository.root)
    assert finding.what.startswith(f"{name} is ")
    finding.mend()
    assert repository.read(name) == text
    assert repository.is_edited()
    assert not list(find(repository.root))


@pytest.mark.parametrize(("name", "text"), FILES, ids=["lock", "scene"])
def test_a_broken_file_that_was_never_committed_goes(repository, name, text):
    path = repository.write(name, text[:40])
    [finding] = find(repository.root)
    assert "remove it" in finding.remedy
    finding.mend()
    assert not path.exists()


@pytest.mark.parametrize(("name", "text"), FILES, ids=["lock", "scene"])
def test_what_was_committed_broken_is_not_brought_back(repository, name, text):
    repository.write(name, text[:40])
    repository.git("add", name)
    repository.git("commit", "--quiet", "-m", "broken as it is")
    [finding] = find(repository.root)
    assert "remove it" in finding.remedy


@pytest.mark.parametrize(("name", "text"), FILES, ids=["lock", "scene"])
def test_a_whole_file_with_new_results_is_nothing_to_tell(repository, name, text):
    repository.write(name, text)
    assert not list(find(repository.root))
    repository.git("add", name)
    repository.git("commit", "--quiet", "-m", "reproduced")
    repository.write(name, text.replace("size: 10", "size: 11"))
    assert not list(find(repository.root))


def test_a_conflict_of_a_merge_belongs_to_the_person(repository):
    repository.write("dvc.lock", LOCK)
    repository.git("add", ".")
    repository.git("commit", "--quiet", "-m", "ours")
    repository.git("switch", "--quiet", "-c", "theirs", "HEAD~")
    repository.write("dvc.lock", LOCK.replace("size: 10", "size: 11"))
    repository.git("add", ".")
    repository.git("commit", "--quiet", "-m", "theirs")
    with pytest.raises(OSError, match="git merge main"):
        repository.git("merge", "main")
    assert "<<<<<<<" in repository.read("dvc.lock")
    assert not list(find(repository.root))
