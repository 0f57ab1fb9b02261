"""What a study found, as plain data: named tables, `findings.json`, claim cards."""
