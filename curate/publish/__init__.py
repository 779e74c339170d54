"""Publishing an artefact: gates, card, files, and the way to the Hub or to a folder."""
