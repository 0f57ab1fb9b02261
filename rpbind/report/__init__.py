"""One study, one page: what the analysis found, drawn and written as a single offline HTML file."""
