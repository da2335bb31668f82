from projects.models.indicator import Indicator, Measurement
from projects.models.pages import ProjectIdea, ProjectIndexPage, ProjectPage
from projects.models.pilot import Pilot

__all__ = [
    "Indicator",
    "Measurement",
    "Pilot",
    "ProjectIdea",
    "ProjectIndexPage",
    "ProjectPage",
]
