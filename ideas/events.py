"""How layers above hear that something happened to an idea."""

from django.dispatch import Signal

# Sent on commit with `event_id`, as a wake-up only: whoever listens reads the Event, and a sweep
# finds the events whose wake-up was lost.
recorded = Signal()
