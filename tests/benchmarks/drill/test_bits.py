from benchmarks.drill.bits import flip


def test_one_bit_changes_and_in_silence_nothing_else(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(bytes(100))
    path.chmod(0o444)
    before = path.stat()
    flip(path, 0.5, in_silence=True)
    after = path.stat()
    assert path.read_bytes() == bytes(50) + b"\1" + bytes(49)
    for name in ("st_mode", "st_mtime_ns", "st_size", "st_ino"):
        assert getattr(after, name) == getattr(before, name)
    flip(path, 0.5, in_silence=False)
    assert path.read_bytes() == bytes(100)
