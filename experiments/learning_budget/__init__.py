"""How to spend robot-steps on learning: longer, scaled and falling steps, several starts, racing."""
