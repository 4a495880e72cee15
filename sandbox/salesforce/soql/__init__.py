"""SOQL: text to syntax (`parser`), conditions to predicates (`filters`), queries to rows (`selection`).

Source: SOQL and SOSL Reference, chapters "SOQL SELECT Syntax" and "Date Formats and Date Literals".
"""
