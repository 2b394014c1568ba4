"""Studies that were made with this code: `python -m experiments.NAME` in the repository's root makes one again."""
