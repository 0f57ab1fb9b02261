"""Figures of the report page, and how the page draws them."""
