"""Cells that spreadsheets open as text: no cell becomes a formula."""

from .text import neutral, plain

__all__ = ["neutral", "plain"]
