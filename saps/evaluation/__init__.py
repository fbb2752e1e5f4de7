"""How good a model is: its programs judged, counted, and reported."""
