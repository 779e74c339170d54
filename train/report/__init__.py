"""What is special to trained models in reports (`curate.kinds`)."""

from train.report.page import report, scorecard

__all__ = ["report", "scorecard"]
