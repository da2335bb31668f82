from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.single_sign_on import unlink


class Command(BaseCommand):
    help = "Forget who these people are to the provider: their next sign-in goes by staff number."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("numbers", nargs="*", metavar="STAFF_NUMBER")
        parser.add_argument(
            "--all", action="store_true", help="everybody: after a change of provider"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if bool(options["numbers"]) == options["all"]:
            raise CommandError("Name staff numbers, or give --all.")
        self.stdout.write(f"{unlink(options['numbers'] or None)} links removed.")
