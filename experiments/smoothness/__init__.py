"""Whether evolved bodies are easier to differentiate through: grids, contacts, lengths of evolution, inheritance."""
