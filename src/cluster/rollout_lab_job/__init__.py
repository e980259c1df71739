"""The beginning of a run that is a job of a Ray cluster."""
