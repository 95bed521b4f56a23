"""One training as the page follows it, in a process of its own. Leans on `training`."""
