"""Reports: an HTML page that needs no network, and tables for the terminal."""
