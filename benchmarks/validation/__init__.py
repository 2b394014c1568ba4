"""Motions and shapes that theory knows, beside what the simulator makes of them."""
