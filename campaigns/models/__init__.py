"""Channels and their contact points, campaigns and what they cost, market notes and reviews."""

from campaigns.models.campaigns import Campaign, Spend, Touch, Visits
from campaigns.models.channels import Channel, ContactPoint, Proof
from campaigns.models.reviews import MarketNote, NoteAnswer, Review

__all__ = [
    "Campaign",
    "Channel",
    "ContactPoint",
    "MarketNote",
    "NoteAnswer",
    "Proof",
    "Review",
    "Spend",
    "Touch",
    "Visits",
]
