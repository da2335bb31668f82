import django.utils.timezone
from django.db import migrations, models
from django.db.models import F


def forget(apps, _schema_editor):
    """Keep no time of day but of what still waits."""
    documents = apps.get_model("search", "Document").objects
    documents.filter(indexed_version__gte=F("version")).update(waiting_since=None)
    documents.filter(refused_version=F("version")).update(waiting_since=None)
    looked = apps.get_model("search", "Examination").objects
    looked.filter(settled=False).update(once_more_at=F("at"))


class Migration(migrations.Migration):

    dependencies = [
        ('search', '0002_queue_in_order_of_change'),
    ]

    operations = [
        migrations.AddField(
            model_name='examination',
            name='once_more_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name='document',
            name='waiting_since',
            field=models.DateTimeField(default=django.utils.timezone.now, editable=False, null=True),
        ),
        migrations.RunPython(forget, migrations.RunPython.noop),
        migrations.RemoveField(
            model_name='examination',
            name='at',
        ),
        migrations.RemoveField(
            model_name='examination',
            name='settled',
        ),
        migrations.RemoveField(
            model_name='pair',
            name='found_at',
        ),
    ]
