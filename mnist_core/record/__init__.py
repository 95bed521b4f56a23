"""The recipe of the shipped weights; nothing else needs it. Leans on `training`."""
