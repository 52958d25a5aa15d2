"""The scenes known by name, one file for each instrument that measured them."""

from hsi.scene.known.aviris import INDIAN_PINES, KSC, SALINAS, SALINAS_A
from hsi.scene.known.casi import HOUSTON_2013
from hsi.scene.known.hyperion import BOTSWANA
from hsi.scene.known.nano_hyperspec import HANCHUAN, HONGHU, LONGKOU
from hsi.scene.known.rosis import PAVIA_CENTRE, PAVIA_UNIVERSITY
from hsi.scene.known.scene import KnownClass, KnownScene, SceneFile

__all__ = ["KNOWN", "KnownClass", "KnownScene", "SceneFile"]

KNOWN: dict[str, KnownScene] = {
    "indian_pines": INDIAN_PINES,
    "salinas": SALINAS,
    "salinas_a": SALINAS_A,
    "ksc": KSC,
    "pavia_university": PAVIA_UNIVERSITY,
    "pavia_centre": PAVIA_CENTRE,
    "botswana": BOTSWANA,
    "houston_2013": HOUSTON_2013,
    "whu_hi_longkou": LONGKOU,
    "whu_hi_hanchuan": HANCHUAN,
    "whu_hi_honghu": HONGHU,
}
