"""How a report is told: text, json, summary and more; pure."""
