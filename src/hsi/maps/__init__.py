"""Maps as rasters for GIS programs, written in parts so that they need not fit into memory."""
