"""K-mers of windows, and the components of windows that share them, beyond memory."""
