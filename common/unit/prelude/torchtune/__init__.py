"""torchtune for the unit language: its modules."""
