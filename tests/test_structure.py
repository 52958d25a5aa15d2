"""The shape of the code: who may import whom, what dvc.yaml names, and where the tests are."""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
import yaml

from hsi import choices
from stages.interpreter import NEEDED

STAGES = yaml.safe_load(Path("dvc.yaml").read_text(encoding="utf-8"))["stages"]
CODE = sorted(file for top in ("src", "stages") for file in Path(top).rglob("*.py"))
TABLES = {name: table for name, table in vars(choices).items() if name.isupper()}
# They decide no output: see dvc.yaml.
NO_DEPENDENCY = {
    Path("src/hsi/__init__.py"),
    Path("stages/inputs.py"),
    Path("stages/interpreter.py"),
    Path("src/experiments/git.py"),
    Path("src/experiments/processes.py"),
    Path("src/experiments/repository.py"),
    Path("src/experiments/tracking.py"),
    Path("src/experiments/finished.py"),
    Path("src/experiments/doctor/processes.py"),
    Path("src/experiments/studies/warm.py"),
    *Path("src/experiments").glob("mlflow_*.py"),
}


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def file_of(name: str) -> Path | None:
    """The file of a module or package of ours, by its dotted name."""
    for top in (Path("src"), Path()):
        base = top.joinpath(*name.split("."))
        for file in (base.with_suffix(".py"), base / "__init__.py"):
            if file in CODE:
                return file
    return None


def executed(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes below one, without what stands under `if TYPE_CHECKING`."""
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"):
            yield child
            yield from executed(child)


@cache
def imports(file: Path) -> set[str]:
    """Dotted names that a file imports anywhere, in functions too."""
    found = set()
    for node in executed(tree(file)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.module, f"{file}: relative import"
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def imported_files(file: Path) -> set[Path]:
    """Files of ours that a file imports."""
    return {found for name in imports(file) if (found := file_of(name)) and found != file}


def is_empty(file: Path) -> bool:
    """Whether a file holds nothing but its docstring."""
    return all(isinstance(node, ast.Expr) for node in tree(file).body)


def code_of_tables(file: Path) -> set[Path]:
    """Files of the choices in the tables that a file takes code from."""
    attributes = {node.attr for node in executed(tree(file)) if isinstance(node, ast.Attribute)}
    if "load" not in attributes:
        return set()
    names = {name.removeprefix("hsi.choices.") for name in imports(file)} & TABLES.keys()
    modules = {choice.code.partition(":")[0] for name in names for choice in TABLES[name].values()}
    return {found for name in modules if (found := file_of(name))}


def reached(start: Path) -> set[Path]:
    """Files that run when a file runs, and that can decide its output."""
    seen: set[Path] = set()
    waiting = {start, Path("stages/__init__.py")}
    while waiting:
        file = waiting.pop()
        seen.add(file)
        waiting |= (imported_files(file) | code_of_tables(file)) - seen - NO_DEPENDENCY
    return {file for file in seen if not is_empty(file)}


def code_dependencies(stage: str) -> set[Path]:
    return {Path(dep) for dep in STAGES[stage]["deps"] if dep.startswith(("src", "stages"))}


@pytest.mark.parametrize("stage", STAGES)
def test_dvc_yaml_names_exactly_the_code_that_a_stage_runs(stage):
    needed, listed = reached(Path(f"stages/{stage}.py")), code_dependencies(stage)
    missing = {file for file in needed if not listed & {file, *file.parents}}
    assert not missing, f"stage {stage} would stay cached after a change in {missing}"
    unused = {each for each in listed if not any(each in (f, *f.parents) for f in needed)}
    assert not unused, f"stage {stage} would run again after a change in {unused}"


def test_the_tables_of_choices_count_as_imports():
    assert Path("src/hsi/attention/strip.py") in reached(Path("stages/train.py"))
    assert Path("src/hsi/comparators/svm.py") in reached(Path("stages/infer.py"))
    assert Path("src/hsi/split/masks.py") in reached(Path("stages/split.py"))
    assert Path("src/hsi/reduction/pca.py") in reached(Path("stages/reduce.py"))
    assert Path("src/hsi/attention/strip.py") not in reached(Path("stages/evaluate.py"))


def test_every_file_that_a_stage_reads_is_an_output_of_an_earlier_one():
    made = {"data/scenes"}
    for stage in STAGES.values():
        inputs = {dep for dep in stage["deps"] if dep.startswith(("data", "metrics"))}
        assert inputs <= made
        for out in [out for kind in ("outs", "metrics", "plots") for out in stage.get(kind, [])]:
            made |= {out} if isinstance(out, str) else set(out)


def test_dvc_yaml_finds_the_blocks_of_every_choice_in_params_yaml():
    params = yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8"))
    known = {"model.name": [*choices.NETWORKS, *choices.COMPARATORS]}
    known |= {"model.attention": choices.ATTENTIONS, "train.batching": ["scene", "windows"]}
    used = {key for stage in STAGES.values() for key in stage.get("params", []) if "${" in key}
    assert used
    for template in used:
        section, key = template.removesuffix("}").split(".${")
        for name in known[key]:
            assert name in params[section], template


def test_a_stage_looks_for_every_package_that_stages_import():
    aside = (
        *("src/experiments/studies", "src/experiments/doctor"),
        *(
            "src/hsi/cli.py",
            "src/hsi/export_onnx.py",
            "src/hsi/cluster.py",
            "src/hsi/inference/on_",
        ),
    )
    files = [file for file in CODE if not str(file).startswith(aside)]
    tops = {name.split(".")[0] for file in files for name in imports(file)}
    tops -= {"hsi", "experiments", "stages", *sys.stdlib_module_names}
    assert set(NEEDED) == tops - {"alembic", "pydantic_core"}, "which MLflow and pydantic bring"


def test_text_is_utf_8_whatever_the_locale():
    """Ruff finds most files that are opened in the locale's encoding; these it does not."""
    for file in [*CODE, *Path("benchmarks").glob("*.py")]:
        for node in ast.walk(tree(file)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                named = {keyword.arg for keyword in node.keywords}
                reads = node.func.attr in {"read_text", "write_text"}
                assert not reads or "encoding" in named, f"{file}:{node.lineno}"


def test_no_module_imports_itself_through_others():
    list(TopologicalSorter({file: imported_files(file) for file in CODE}).static_order())


def test_the_library_knows_nothing_of_pipelines_and_few_files_know_mlflow():
    tops = {file: {name.split(".")[0] for name in imports(file)} for file in CODE}
    for file, names in tops.items():
        if file.is_relative_to("src/hsi"):
            assert not names & {"dvc", "mlflow", "experiments", "stages"}, file
        if file.is_relative_to("src/experiments"):
            assert "stages" not in names, file
    told = {file for file, names in tops.items() if "mlflow" in names}
    assert told <= {Path("src/experiments/tracking.py"), *Path("src/experiments").glob("mlflow_*")}


def test_every_module_has_its_tests_where_a_reader_looks():
    missing = []
    for top, tests in (("src/hsi", "tests"), ("src/experiments", "tests/experiments")):
        for file in Path(top).rglob("[!_]*.py"):
            inner = file.relative_to(top)
            own = Path(tests) / inner.parent / f"test_{inner.name}"
            if not own.is_file():
                missing.append(str(own))
    assert not missing


def test_the_first_line_of_a_module_says_what_it_is():
    wrong = []
    for file in [*CODE, *Path("benchmarks").rglob("*.py")]:
        first = (ast.get_docstring(tree(file)) or "").partition("\n")[0]
        if not first.endswith(".") or len(first.split()) < 3:
            wrong.append(f"{file}: {first}")
    assert not wrong
