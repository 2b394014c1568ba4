"""Other libraries beside this one: the same robots, the same model, in one run; see README.md."""
