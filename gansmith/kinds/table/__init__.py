"""Tables: columns of numbers, dates and categories, made numbers for the networks and brought back to the digit.

reading (a file -> text) -> understanding (text -> columns) -> encoding (columns <-> numbers) -> the networks; `measures`
compares two tables.
"""
