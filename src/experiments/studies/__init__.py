"""Studies: variants x splits x seeds as DVC experiments, their record, and a report with tests.

`plan` reads what a study is to run, `run` runs and records it, and `report` draws the conclusions.
"""
