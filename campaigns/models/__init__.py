"""Channels and their contact points, campaigns and what they cost, ideas, market notes and reviews."""

from campaigns.models.campaigns import Campaign, Spend, Touch, Visits
from campaigns.models.channels import Channel, ContactPoint, PointAccess, Proof
from campaigns.models.ideas import Idea, Vote
from campaigns.models.reviews import MarketNote, NoteAnswer, Review

__all__ = [
    "Campaign",
    "Channel",
    "ContactPoint",
    "Idea",
    "MarketNote",
    "NoteAnswer",
    "PointAccess",
    "Proof",
    "Review",
    "Spend",
    "Touch",
    "Visits",
    "Vote",
]
