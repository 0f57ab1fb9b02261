"""What commands print of a study: its last screen, its whole answer, an audit."""
