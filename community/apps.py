from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CommunityConfig(AppConfig):
    name = "community"
    verbose_name = _("Community")

    def ready(self) -> None:
        from django.db.models.signals import post_save

        from community import hearing
        from community.models import Comment
        from ideas import counts
        from ideas.events import recorded
        from ideas.models import Event

        counts.comment_counters.append(Comment.objects.counted)
        post_save.connect(hearing.remember, sender=Event, dispatch_uid="community.remember")
        recorded.connect(hearing.wake_up, sender=Event, dispatch_uid="community.wake_up")
