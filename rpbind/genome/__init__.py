"""From peaks and a genome to bound windows with coordinates, genes and region types."""
