"""Use cases of campaigns."""

from campaigns.services.touches import touch

__all__ = ["touch"]
