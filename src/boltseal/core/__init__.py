"""Nouns: values and the arithmetic on them; no I/O, no clock, no environment."""
