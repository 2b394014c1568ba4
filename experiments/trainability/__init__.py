"""Whether evolution makes bodies that learn better; what is claimed of them, number by number, for other studies."""
