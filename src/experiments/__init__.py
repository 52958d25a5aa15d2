"""What needs DVC or MLflow: the runs of the pipeline, and studies of many runs."""
