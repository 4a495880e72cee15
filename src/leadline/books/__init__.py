"""The books of a run: recounted from raw manifest and receipts, never from what tasks reported."""

from leadline.books.recount import Books
from leadline.books.reporting import run_books
from leadline.books.settling import settle

__all__ = ["Books", "run_books", "settle"]
