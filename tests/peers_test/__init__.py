"""Tests of the fixtures that start real programs."""
