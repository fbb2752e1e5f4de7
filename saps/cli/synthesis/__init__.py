"""The parts of `saps synthesize`: what it is asked, what it shows, and its prompt."""
