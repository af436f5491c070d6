"""Environment to flow to outputs, summary and annotations; one file a verb."""
