"""A scene and its labels, from published or own files: see `hsi.scene.info.Scene`."""
