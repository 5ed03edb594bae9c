"""What the paths of a network function do to its state."""
