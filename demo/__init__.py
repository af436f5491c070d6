"""The whole of boltseal in a minute, told on the terminal: nothing here is needed to use it."""
