from hsi.scene.known import KNOWN


def test_known_scenes_have_their_standard_classes():
    counts = {name: len(known.class_names) for name, known in KNOWN.items()}
    assert counts == {"indian_pines": 16, "salinas": 16, "pavia_university": 9}
    assert KNOWN["indian_pines"].class_names[8] == "Oats"
    assert KNOWN["pavia_university"].class_names[7] == "Self-Blocking Bricks"
    for known in KNOWN.values():
        assert known.sensor
        assert known.citation
        assert known.licence


def test_every_file_has_a_checksum_and_addresses_that_end_in_its_name():
    lengths = {"git": 40, "sha256": 64}
    for known in KNOWN.values():
        for file in (known.cube, known.truth):
            kind, _, digest = file.digest.partition(":")
            assert len(digest) == lengths[kind]
            assert file.urls
            assert all(url.endswith("/" + file.name) for url in file.urls)
