"""The tables, curves and files of an ablation, made of reports that others wrote."""

import csv
import json
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from saps.evaluation.ablation.ablation_folder import write_failure
from saps.evaluation.ablation.ablation_result import Ablation, differences
from saps.evaluation.ablation.ablation_tables import (
    brief_tables,
    caption,
    notes,
    render_markdown,
    tables,
    write_files,
)
from saps.evaluation.compare_reports import PairedCounts
from tests.evaluation.ablation_fakes import Lab, install_lab, make_all, read_settings

ROWS = "rows=[saps_v,saps_h,saps_vh,seq2tree,seq2tree_search]"


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> Lab:
    made = install_lab(monkeypatch)
    # The first task alone has no two siblings that differ.
    made.solved = {"saps_v": 1, "saps_h": 2, "saps_vh": 3, "seq2tree": 0, "seq2tree_search": 4}
    return made


def _ablation(tmp_path: Path, *overrides: str) -> Ablation:
    settings = read_settings(tmp_path, *(overrides or (ROWS,)))
    make_all(settings)
    return Ablation.read(settings, "saps ablate x=1")


def test_the_json_says_what_each_row_reached_and_the_budget_of_all(
    tmp_path: Path, lab: Lab
) -> None:
    write_files(_ablation(tmp_path))
    content = json.loads((tmp_path / "out/ablation.json").read_text())
    assert (content["schema_version"], content["command"]) == (1, "saps ablate x=1")
    assert content["budget"]["epochs"] == 2
    rows = {row["name"]: row for row in content["rows"]}
    assert list(rows) == ["saps_v", "saps_h", "saps_vh", "seq2tree", "seq2tree_search"]
    exact = rows["saps_vh"]["test"]["exact_match"]
    assert (exact["count"], exact["n"], exact["value"]) == (3, 4, 0.75)
    assert 0.3 < exact["low"] < 0.75 < exact["high"] < 0.96
    assert rows["saps_vh"]["parameters"] == 1_000_000
    assert rows["saps_vh"]["training_minutes"] == 1.0
    assert rows["saps_vh"]["training_examples_per_s"] == 50.5
    assert rows["saps_vh"]["n_train"] == 10
    assert rows["saps_vh"]["published"]["test"] == 89.10
    assert rows["saps_v"]["test"]["exact_match_where_siblings_differ"]["n"] == 3
    assert rows["seq2tree_search"]["test"]["is_holdout"]
    assert rows["seq2tree_search"]["training_minutes"] is None


def test_the_best_row_is_the_best_on_validation_that_saw_no_tests(tmp_path: Path, lab: Lab) -> None:
    write_files(_ablation(tmp_path))
    assert json.loads((tmp_path / "out/ablation.json").read_text())["best"] == "saps_vh"
    report = json.loads((tmp_path / "out/report/report.json").read_text())
    assert report["provenance"]["model"]["checkpoint"].endswith("runs/saps_vh/best")


def test_published_figures_have_columns_of_their_own_under_a_caption_that_says_so(
    tmp_path: Path, lab: Lab
) -> None:
    ablation = _ablation(tmp_path)
    (table,) = tables(ablation)
    n_published = sum(name.startswith("published") for name in table.header)
    assert n_published == 3
    for row in table.rows:
        ours, theirs = row[:-n_published], row[-n_published:]
        published = ablation.settings.row(_name(ablation, row[0])).published
        assert published is not None
        assert any(f"{published.test:.2f} %" in cell for cell in theirs)
        assert not any(f"{published.test:.2f} %" in cell for cell in ours if published.test)
    assert "other data (AlgoLisp" in caption(ablation)
    assert caption(ablation).startswith("Every row: data, all training tasks")


def _name(ablation: Ablation, title: str) -> str:
    return next(name for name, result in ablation.results.items() if result.row.title == title)


def test_markdown_is_read_as_the_tables_it_is_meant_to_be(tmp_path: Path, lab: Lab) -> None:
    ablation = _ablation(tmp_path)
    text = render_markdown(ablation, differences(ablation))
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    assert sum(token.type == "table_open" for token in tokens) == 2  # rows, differences
    cells = {token.content for token in tokens if token.type == "inline"}
    assert "75.00 % (3/4)" in cells
    assert "100.00 % (4/4), holdout" in cells
    assert "SAPS VH - SAPS H" in cells


def test_a_terminal_of_80_columns_is_enough_for_the_brief_table(tmp_path: Path, lab: Lab) -> None:
    (table,) = brief_tables(_ablation(tmp_path))
    assert "validation of 4, test of 4" in table.title
    rows = {row[0]: row for row in table.rows}
    assert rows["SAPS VH"][1:4] == ("75.00", "75.00", "75.00")
    assert rows["Seq2Tree + Search"][3] == "100.00*"
    widths = [max(map(len, column)) for column in zip(table.header, *table.rows, strict=True)]
    widest_title = len("SAPSpre VH Att (256)")
    assert widest_title + sum(widths[1:]) + len(widths) + 2 <= 80


def test_the_csv_has_a_line_a_row_and_plain_numbers(tmp_path: Path, lab: Lab) -> None:
    write_files(_ablation(tmp_path))
    with (tmp_path / "out/ablation.csv").open() as file:
        rows = {row["name"]: row for row in csv.DictReader(file)}
    assert float(rows["saps_h"]["test_exact_match_value"]) == 0.5
    assert rows["saps_h"]["published_test"] == "78.92"
    assert rows["seq2tree_search"]["test_is_holdout"] == "True"


def test_v_is_checked_to_be_right_on_no_siblings_that_differ(tmp_path: Path, lab: Lab) -> None:
    told = next(notes(_ablation(tmp_path)))
    assert told == (
        "SAPS V is right on 0 of the 3 test tasks (75.0 %) whose program has two siblings that "
        "differ (as it must be), and on 1 of the 1 others."
    )
    lab.solved["saps_v"] = 2
    for split in ("dev", "test"):
        (tmp_path / f"out/rows/saps_v/{split}/report.json").unlink()
    assert "A DEFECT" in next(notes(_ablation(tmp_path)))


def test_rows_that_failed_or_wait_are_told_of_and_have_no_figures(tmp_path: Path, lab: Lab) -> None:
    lab.raises["saps_h"] = ValueError("the loss is nan")
    settings = read_settings(tmp_path, "rows=[saps_h,saps_v,saps_vh]")
    make_all(settings)
    (tmp_path / "out/rows/saps_v/test/report.json").unlink()
    ablation = Ablation.read(settings)
    assert [result.row.name for result in ablation.failed] == ["saps_h"]
    told = list(notes(ablation))
    assert told[0] == "SAPS H failed: the loss is nan."
    assert told[1] == "SAPS V is not made yet: the same command goes on."
    (table,) = tables(ablation)
    assert [row[1] for row in table.rows] == ["failed, see below", "(waiting)", "75.00 % (3/4)"]
    write_files(ablation)
    assert json.loads((tmp_path / "out/ablation.json").read_text())["rows"][1]["stage"] == "waiting"


def test_an_ablation_of_which_nothing_is_made_has_tables_too(tmp_path: Path) -> None:
    settings = read_settings(tmp_path, ROWS)
    settings.choices.out.mkdir()
    write_failure(settings, "saps_h", "no room")
    write_files(Ablation.read(settings))
    assert json.loads((tmp_path / "out/ablation.json").read_text())["best"] is None


def test_differences_count_the_tasks_that_one_alone_solves(tmp_path: Path, lab: Lab) -> None:
    found = {(item.first, item.second): item for item in differences(_ablation(tmp_path))}
    # The pairs of the configuration whose rows are both there, then the others and the first.
    assert list(found) == [
        *(("saps_v", "saps_h"), ("saps_h", "saps_vh")),
        *(("saps_v", name) for name in ("saps_vh", "seq2tree", "seq2tree_search")),
    ]
    counts = found["saps_v", "saps_h"].exact_match
    assert isinstance(counts, PairedCounts)
    assert (counts.both, counts.only_first, counts.only_second, counts.neither) == (1, 0, 1, 2)


def test_the_rows_of_a_section_are_compared_with_its_first(tmp_path: Path, lab: Lab) -> None:
    ablation = _ablation(tmp_path, "models=false", "topology=true")
    pairs = [(item.first, item.second) for item in differences(ablation)]
    assert pairs == [("saps_vh_att", "topology_predicted")]


def test_chosen_rows_are_compared_with_the_first_unless_the_pair_is_there_already(
    tmp_path: Path, lab: Lab
) -> None:
    mine = "+table.mine={title: Mine, train: ['experiment=saps_vh', 'cell=gru']}"
    ablation = _ablation(tmp_path, mine, "rows=[saps_vh,saps_h,mine]")
    pairs = [(item.first, item.second) for item in differences(ablation)]
    assert pairs == [("saps_h", "saps_vh"), ("saps_vh", "mine")]


def test_no_row_is_the_best_where_none_is_right_on_anything(tmp_path: Path, lab: Lab) -> None:
    write_files(_ablation(tmp_path, "rows=[saps_h]"))
    lab.solved = {"saps_v": 0, "seq2tree": 0}
    write_files(_ablation(tmp_path, "rows=[saps_v,seq2tree]"))
    assert json.loads((tmp_path / "out/ablation.json").read_text())["best"] is None
    written = (tmp_path / "out/ablation.md").read_text()
    assert "No row is right on any validation task, so none is the best." in written
    assert "The best row is" not in written
    assert not (tmp_path / "out/report").exists()


@pytest.mark.parametrize(("limit", "n_notes"), [(3, 1), (4, 0), (5, 0)])
def test_a_limit_is_told_of_where_it_left_out_tasks(
    tmp_path: Path, lab: Lab, limit: int, n_notes: int
) -> None:
    limited = f"table.seq2tree_search.dev_limit={limit}"
    told = notes(_ablation(tmp_path, limited, "rows=[seq2tree,seq2tree_search]"))
    alone = "Seq2Tree + Search was judged on the first 3 validation tasks alone."
    assert [note for note in told if note.endswith("validation tasks alone.")] == [alone] * n_notes


def test_a_single_epoch_is_one(tmp_path: Path, lab: Lab) -> None:
    ablation = _ablation(tmp_path, "rows=[sapspre_vh_att_256]", "trainer.max_epochs=1")
    assert ", 1 epoch, batches" in caption(ablation)
    ablation = _ablation(tmp_path / "other", "rows=[sapspre_vh_att_256]", "autoencoder_epochs=1")
    assert any("for 1 epoch of its own" in note for note in notes(ablation))


def test_data_sizes_make_a_curve_and_a_picture(tmp_path: Path, lab: Lab) -> None:
    ablation = _ablation(tmp_path, "models=false", "data_sizes=[2,5]")
    write_files(ablation)
    for name in ("curves.png", "data_sizes.png"):
        assert (tmp_path / "out" / name).read_bytes().startswith(b"\x89PNG")
    assert [result.runs[0].n_train for result in ablation.results.values()] == [2, 5, 10]
    assert "data_sizes.png" in (tmp_path / "out/ablation.md").read_text()
