"""Sentences: one verb a file, joining the rooms through their protocols."""
