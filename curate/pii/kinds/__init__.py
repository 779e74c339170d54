"""Invented values of each kind: persons, places, organisations, dates, numbers, addresses of the net."""
