"""What several test rooms stand on: real programs in small, never stand-ins for our own code."""
