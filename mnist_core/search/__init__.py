"""Many trainings with other settings each, and which did best. Leans on `training`."""
