"""One value defines a study: its schema, its file `study.toml`, and what is run from it."""
