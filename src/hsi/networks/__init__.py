"""Networks, each a trunk that slides over a scene and a head of one window; one file a family."""
