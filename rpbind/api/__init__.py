"""What `import rpbind` offers: studies, searches and their results as Python objects."""
