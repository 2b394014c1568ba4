"""What decides where numbers lie in device memory, and how much of it worlds take."""
