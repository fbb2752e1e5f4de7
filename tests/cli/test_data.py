import gzip
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from saps.data import load_split
from tests.cli.conftest import RunSaps

SAMPLE = Path(__file__).parents[2] / "data" / "sample.jsonl"


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """The first ten tasks of the sample, with a broken line 7 and a false output in line 9."""
    lines = SAMPLE.read_text().splitlines()[:10]
    lines[6] = lines[6][:100]
    wrong = json.loads(lines[8])
    wrong["tests"][2]["output"] = "wrong"
    lines[8] = json.dumps(wrong)
    path = tmp_path / "broken.jsonl"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_verify_finds_the_sample_sound(saps: RunSaps) -> None:
    outcome = saps("data", "verify", str(SAMPLE), "--workers", "1")
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out == f"{SAMPLE}: 200 of 200 ok\n"


def test_verify_reports_lines_and_exits_with_1(saps: RunSaps, broken: Path) -> None:
    outcome = saps("data", "verify", str(broken), "--workers", "1")
    assert outcome.status == 1
    assert "8 of 10 ok" in outcome.out
    assert "line 7: not JSON" in outcome.out
    assert "line 9: test 3: the program gives" in outcome.out


def test_verify_prints_json_for_machines(saps: RunSaps, broken: Path) -> None:
    outcome = saps("data", "verify", str(broken), "--json", "--workers", "1")
    found = json.loads(outcome.out)
    assert outcome.status == 1
    assert (found["examples"], found["reproduced"]) == (10, 8)
    assert [failure["line"] for failure in found["failures"]] == [7, 9]


def test_verify_of_a_folder_takes_its_splits(saps: RunSaps, broken: Path) -> None:
    shutil.copy(SAMPLE, broken.parent / "train.jsonl")
    broken.rename(broken.parent / "dev.jsonl")
    found = json.loads(saps("data", "verify", str(broken.parent), "--json", "--workers", "1").out)
    assert (found["examples"], found["reproduced"]) == (210, 208)
    assert [failure["line"] for failure in found["failures"]] == [7, 9]
    assert found["failures"][0]["path"].endswith("dev.jsonl")


def test_clean_writes_the_sound_tasks_and_a_report(saps: RunSaps, broken: Path) -> None:
    out = broken.parent / "cleaned.jsonl"
    outcome = saps("data", "clean", str(broken), str(out), "--workers", "1")
    assert outcome.status == 1  # line 7 could not be read
    assert len(load_split(out, "train")) == 8
    report = json.loads((broken.parent / "cleaned.jsonl.report.json").read_text())
    assert report["kinds"] == {"unreadable": 1, "contradicts-tests": 1}


def test_clean_does_not_overwrite_its_source(saps: RunSaps, broken: Path) -> None:
    before = broken.read_bytes()
    outcome = saps("data", "clean", str(broken), str(broken))
    assert outcome.status == 1
    assert "choose another place" in outcome.err
    assert broken.read_bytes() == before


@pytest.mark.parametrize("name", ["cleaned.jsonl", "cleaned.jsonl.report.json"])
def test_clean_replaces_a_file_only_when_asked(saps: RunSaps, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("precious\n")
    out = tmp_path / "cleaned.jsonl"
    outcome = saps("data", "clean", str(SAMPLE), str(out), "--workers", "1")
    assert (outcome.status, outcome.out) == (1, "")
    told = f"{tmp_path / name} exists; choose another place, or --overwrite to replace it"
    assert outcome.err == f"saps: error: {told}\n"
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {name: "precious\n"}
    outcome = saps("data", "clean", str(SAMPLE), str(out), "--workers", "1", "--overwrite")
    assert outcome.status == 0
    assert out.read_bytes() == SAMPLE.read_bytes()


def test_clean_of_a_folder_replaces_files_only_when_asked(saps: RunSaps, tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    shutil.copy(SAMPLE, tmp_path / "set/dev.jsonl")
    arguments = ("data", "clean", str(tmp_path / "set"), str(tmp_path / "out"), "--workers", "1")
    assert saps(*arguments).status == 0
    outcome = saps(*arguments)
    assert (outcome.status, outcome.out) == (1, "")
    assert f"{tmp_path / 'out/dev.jsonl'} exists" in outcome.err
    assert saps(*arguments, "--overwrite").status == 0


def test_clean_does_not_overwrite_its_source_though_asked(saps: RunSaps, broken: Path) -> None:
    folder, before = broken.parent, broken.read_bytes()
    broken.rename(folder / "dev.jsonl")
    outcome = saps("data", "clean", str(folder), str(folder), "--overwrite")
    assert outcome.status == 1
    assert "choose another place" in outcome.err
    assert (folder / "dev.jsonl").read_bytes() == before


@pytest.mark.parametrize(
    ("path", "out", "told"),
    [
        ("a.jsonl", "folder", "folder is a folder, but a.jsonl is a file; give a file, such as"),
        ("set", "a.jsonl", "a.jsonl is a file, but set is a folder; give a folder to write to"),
        ("a.jsonl", "a.jsonl/x", "a.jsonl/x cannot be made: a.jsonl is a file"),
    ],
)
def test_clean_says_which_kind_of_place_it_needs(
    saps: RunSaps, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, out: str, told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in ("set", "folder"):
        Path(folder).mkdir()
    for file in ("a.jsonl", "set/dev.jsonl"):
        shutil.copy(SAMPLE, file)
    outcome = saps("data", "clean", path, out, "--workers", "1", "--overwrite")
    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err.startswith(f"saps: error: {told}")


def test_stats_compares_with_the_published_figures(saps: RunSaps, tmp_path: Path) -> None:
    shutil.copy(SAMPLE, tmp_path / "train.jsonl")
    outcome = saps("data", "stats", str(tmp_path), "--against", "published")
    assert outcome.status == 0
    for part in ("79,214", "38.17", "published words used", "of 284", "outside the published set"):
        assert part in outcome.out


def test_stats_compares_with_another_set(saps: RunSaps) -> None:
    outcome = saps("data", "stats", str(SAMPLE), "--against", str(SAMPLE))
    assert outcome.status == 0
    assert outcome.out.count("+0.0%") == 5


def test_stats_compares_two_files_of_any_names(saps: RunSaps, tmp_path: Path) -> None:
    other = shutil.copy(SAMPLE, tmp_path / "other.jsonl")
    outcome = saps("data", "stats", str(SAMPLE), "--against", str(other))
    assert outcome.out.count("+0.0%") == 5


def test_stats_json_has_the_comparison_too(saps: RunSaps, tmp_path: Path) -> None:
    shutil.copy(SAMPLE, tmp_path / "train.jsonl")
    arguments = ("data", "stats", str(tmp_path), "--json")
    plain = json.loads(saps(*arguments).out)["train"]
    column = json.loads(saps(*arguments, "--against", "published").out)["train"]
    assert column.pop("against") == {
        "tasks": 79_214,
        "text_length": 38.17,
        "program_depth": 7.61,
        "program_length": 24.33,
    }
    distance = column.pop("distance")
    assert distance["text_length"] == pytest.approx(plain["text_length"] / 38.17 - 1)
    assert column == plain
    against = json.loads(saps(*arguments, "--against", str(SAMPLE)).out)["train"]
    assert against["against"]["programs"] == plain["programs"]
    assert set(against["distance"].values()) == {0.0}


def test_stats_json_says_where_a_split_has_nothing_to_be_compared_with(saps: RunSaps) -> None:
    outcome = saps("data", "stats", str(SAMPLE), "--json", "--against", "published")
    column = json.loads(outcome.out)["sample.jsonl"]
    assert (column["against"], column["distance"]) == (None, None)


def test_stats_shows_the_symbols_as_a_histogram(saps: RunSaps) -> None:
    lines = saps("data", "stats", str(SAMPLE)).out.splitlines()
    (row,) = (line for line in lines if line.split()[:1] == ["reduce"])
    assert "█" in row


def test_stats_prints_json(saps: RunSaps) -> None:
    found = json.loads(saps("data", "stats", str(SAMPLE), "--json").out)
    assert found["sample.jsonl"]["tasks"] == 200


def test_families_lists_an_example_each(saps: RunSaps) -> None:
    outcome = saps("data", "families", "factorial", "--catalogue", "published")
    name, text, program = outcome.out.splitlines()
    assert name == "factorial : int"
    assert "factorial" in text
    assert program.strip().startswith("(invoke1 (lambda1 (if (<= arg1 1) 1 ")
    published = saps("data", "families", "--json", "--catalogue", "published")
    assert len(json.loads(published.out)) > 400


def test_families_lists_what_people_ask_for(saps: RunSaps) -> None:
    found = json.loads(saps("data", "families", "--json", "median", "--type", "int").out)
    assert found
    for kind in found:
        assert kind["result"] == "int"
        assert len(kind["texts"]) == 3
        assert kind["program"]
    assert len(json.loads(saps("data", "families", "--json").out)) > 1000
    assert saps("data", "families", "--catalogue", "all").status == 1


def test_families_says_so_when_none_is_called_that(saps: RunSaps) -> None:
    outcome = saps("data", "families", "poetry")
    assert (outcome.status, outcome.out) == (1, "")
    assert "no kind has 'poetry' in its name or purpose" in outcome.err


@pytest.mark.parametrize("command", ["verify", "stats"])
@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("missing", "No such file"),
        ("empty", "holds no task"),
        ("folder", "holds no train, dev or test split"),
        ("loop", "symbolic links"),
        ("forbidden", "Permission denied"),
    ],
)
def test_data_says_what_is_wrong_with_a_path(
    saps: RunSaps,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    kind: str,
    reason: str,
) -> None:
    path = tmp_path / "path"
    if kind == "empty":
        path.touch()
    elif kind == "folder":
        path.mkdir()
    elif kind == "loop":
        path.symlink_to(path)
    elif kind == "forbidden":  # nothing is to root, who may run the tests
        path.write_text("{}")
        monkeypatch.setattr("saps.data.files.open_binary", _forbidden)
    outcome = saps("data", command, str(path))
    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err.startswith("saps: error: ")
    assert reason in outcome.err
    assert "Traceback" not in outcome.err


def _forbidden(path: Path) -> Any:
    raise PermissionError(13, "Permission denied", str(path))


def _changed(**fields: object) -> Callable[[dict[str, Any]], bytes]:
    return lambda task: json.dumps(task | fields).encode()


def _without_an_input(task: dict[str, Any]) -> bytes:
    task["tests"][1]["input"].popitem()
    return json.dumps(task).encode()


@pytest.mark.parametrize(
    ("spoil", "place"),
    [
        pytest.param(lambda task: json.dumps(task).encode()[:70], "line 4: not JSON", id="cut"),
        pytest.param(lambda task: b'{"text": "\xff"}', "line 4: byte 11 is not UTF-8", id="byte"),
        pytest.param(_changed(tests=[]), "line 4: field 'tests'", id="no-tests"),
        pytest.param(_without_an_input, "line 4: field 'tests[1].input': lacks", id="argument"),
        pytest.param(_changed(text="a " * 100_000), "line 4: field 'text'", id="long-text"),
        pytest.param(_changed(return_type="whole"), "line 4: field 'return_type'", id="type"),
    ],
)
def test_a_bad_line_is_placed_and_the_others_are_kept(
    saps: RunSaps, tmp_path: Path, spoil: Callable[[dict[str, Any]], bytes], place: str
) -> None:
    lines = SAMPLE.read_bytes().splitlines()[:4]
    lines[3] = spoil(json.loads(lines[3]))
    path, out = tmp_path / "tasks.jsonl", tmp_path / "out.jsonl"
    path.write_bytes(b"\n".join(lines))
    for arguments in (["verify", str(path)], ["clean", str(path), str(out)]):
        outcome = saps("data", *arguments, "--workers", "1")
        assert outcome.status == 1
        assert place in outcome.out
        assert "3 of 4 ok" in outcome.out
    assert out.read_bytes().splitlines() == lines[:3]
    outcome = saps("data", "stats", str(path))
    assert (outcome.status, outcome.out) == (1, "")
    assert place.replace(": field", ", field", 1) in outcome.err


def test_a_gzip_that_is_cut_is_placed_and_what_stands_before_is_kept(
    saps: RunSaps, tmp_path: Path
) -> None:
    whole = gzip.compress(SAMPLE.read_bytes(), 0)
    path, out = tmp_path / "tasks.jsonl.gz", tmp_path / "out.jsonl"
    path.write_bytes(whole[: len(whole) // 2])
    outcome = saps("data", "clean", str(path), str(out), "--workers", "1")
    kept = out.read_bytes().splitlines()
    assert outcome.status == 1
    assert 40 < len(kept) < 160
    assert kept == SAMPLE.read_bytes().splitlines()[: len(kept)]
    assert f"line {len(kept) + 1}: the gzip data is cut short" in outcome.out
