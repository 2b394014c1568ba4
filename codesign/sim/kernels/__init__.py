"""What becomes device code: physics, contact and senses as functions of values, and kernels that sweep over time."""
