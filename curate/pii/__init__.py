"""Private data in texts: found (`detect`), told apart from law's own numbers (`legal`), replaced (`replace`)."""
