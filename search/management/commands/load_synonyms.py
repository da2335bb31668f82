from typing import Any

from django.core.management.base import BaseCommand

from search.synonyms import Synonyms


class Command(BaseCommand):
    help = "Add the usual synonyms of the postal trade; sets that hold a known term are left out."

    def handle(self, *args: Any, **options: Any) -> None:
        added = Synonyms.objects.load_usual()
        self.stdout.write(f"{added} sets of synonyms added.")
