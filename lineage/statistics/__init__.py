"""Statistics of the difference between two scores: tests, intervals, equivalence, families of tests and verdicts.

Values are fractions of an instrument's declared range (0 to 1), turned so that larger is riskier; a difference is the
derivative's value minus the reference's. NaN means unknown. scipy is imported where it is used.
"""
