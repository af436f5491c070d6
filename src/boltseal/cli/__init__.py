"""argv to flow to report and exit code; one file a verb."""
