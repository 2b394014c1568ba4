"""What builds the kernels of a configuration and launches them."""
