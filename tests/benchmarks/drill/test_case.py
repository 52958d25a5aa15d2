from benchmarks.drill.case import RIGHT, Notes, Record

RECORD = Record("a drill", "case-1", 3, RIGHT, "all right", 1.5, "abc1234")


def test_records_are_read_as_they_were_written_and_a_line_cut_off_is_none(tmp_path):
    notes = Notes(tmp_path / "notes.jsonl")
    assert notes.read() == []
    notes.add(RECORD)
    notes.add(RECORD)
    with notes.path.open("a") as file:
        file.write('{"drill": "a drill", "na')
    assert notes.read() == [RECORD, RECORD]
