"""Tasks told anew: their programs said in the words of people who never saw the data."""
