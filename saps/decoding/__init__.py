"""From label scores to programs."""
