from itertools import groupby

from django.db import migrations
from django.db.models import OuterRef, Subquery

from ideas import sketch
from ideas.models.audience import mark_of

BATCH = 500


def place_votes(apps, schema_editor):
    """A vote counts for the place where its person works now: what else was, nobody wrote down."""
    User = apps.get_model("accounts", "User")
    place = User.objects.filter(pk=OuterRef("person")).values("entity")
    apps.get_model("ideas", "Vote").objects.update(entity=Subquery(place))


def fill_audiences(apps, schema_editor):
    """Who opened an idea or backed it has seen it."""
    Audience = apps.get_model("ideas", "Audience")
    readings = apps.get_model("ideas", "Reading").objects.values_list("idea", "person")
    votes = apps.get_model("ideas", "Vote").objects.values_list("idea", "person")
    rows = readings.union(votes).order_by("idea").iterator(chunk_size=5_000)
    waiting = []
    for idea, pairs in groupby(rows, key=lambda row: row[0]):
        registers = sketch.empty()
        sketch.add(registers, [mark_of(person) for _idea, person in pairs])
        waiting.append(Audience(idea_id=idea, sketch=sketch.packed(registers)))
        if len(waiting) == BATCH:
            Audience.objects.bulk_create(waiting)
            waiting = []
    Audience.objects.bulk_create(waiting)


class Migration(migrations.Migration):
    """`manage.py recount --repair` derives the counters from the new rows afterwards."""

    dependencies = [("ideas", "0004_audiences")]

    operations = [
        migrations.RunPython(place_votes, migrations.RunPython.noop),
        migrations.RunPython(fill_audiences, migrations.RunPython.noop),
        migrations.DeleteModel("Reading"),
    ]
