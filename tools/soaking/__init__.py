"""Parts of `tools/soak.py`: a run, faults that are injected into it, and its comparison with an undisturbed one."""
