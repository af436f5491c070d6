"""The command line, run in this process with an environment of its own, or as a real process."""
