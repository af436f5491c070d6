"""Shapes on the wire: each module writes and reads one shape; pure."""
