"""`manage.py recount` asks the comments themselves how many there are."""

from io import StringIO

from django.core.management import call_command

from ideas.models import Idea


def recount(*options: str) -> str:
    out = StringIO()
    call_command("recount", *options, stdout=out, verbosity=0)
    return out.getvalue()


def test_nothing_differs_after_comments_came_and_went(idea, clerk, expert, say):
    say(idea, clerk, "Testé à Quimper.")
    say(idea, expert, "Et à Rennes.").remove(expert)
    assert recount() == "0 differences found\n"


def test_a_wrong_number_of_comments_is_repaired(idea, clerk, say):
    say(idea, clerk, "Testé à Quimper.")
    Idea.objects.filter(pk=idea.pk).update(own_comments=5, comments_count=5)
    assert "own_comments: 5, should be 1" in recount("--repair")
    assert Idea.objects.get(pk=idea.pk).comments_count == 1
