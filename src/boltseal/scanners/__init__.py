"""Files that name images: text in, references with file and line out; pure."""
