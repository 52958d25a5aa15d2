"""Labels as people have them: polygons, points, tables and rasters, on the grid of a scene."""
