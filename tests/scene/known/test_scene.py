from dataclasses import FrozenInstanceError

import pytest

from hsi.scene.known.scene import DANAROTH, HYBRIDSN, UPV_EHU_FILES, SceneFile


def test_an_entry_does_not_change():
    with pytest.raises(FrozenInstanceError):
        SceneFile("scene.mat", "a", None, ()).digest = "sha256:0"


@pytest.mark.parametrize("folder", [DANAROTH, HYBRIDSN, UPV_EHU_FILES])
def test_names_of_files_are_appended_to_addresses_of_folders(folder):
    assert folder.endswith("/")
