"""Search spaces: dimensions as TOML, the configurations in them, and where a search starts."""
