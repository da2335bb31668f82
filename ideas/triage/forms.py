"""What moderators type when they decide, and the texts they may start from."""

from collections.abc import Iterable
from itertools import groupby, pairwise
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from ideas.forms import TextField
from ideas.models import Answer

LONGEST = 3000
# An author who gets fewer letters than this has not been answered.
SHORTEST = 20


class DecisionForm(forms.Form):
    """`version` is that of the idea which the moderator has read."""

    version = forms.IntegerField(widget=forms.HiddenInput)


class WordedForm(DecisionForm):
    """A decision with words for the author; `answers` are the texts to start from."""

    answer = forms.CharField(required=False, widget=forms.Select)

    def __init__(self, *args: Any, answers: Iterable[Answer] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.answers = {answer.slug: answer for answer in answers}
        self.fields["answer"].widget.choices = self._choices()

    def _choices(self) -> list[Any]:
        groups = groupby(self.answers.values(), key=lambda answer: answer.get_ground_display())
        texts = [(label, [(one.slug, one.title) for one in found]) for label, found in groups]
        # Questions are not filed: they stand in one list.
        flat = texts[0][1] if len(texts) == 1 and not texts[0][0] else texts
        return [("", _("Choose a text…")), *flat]

    def with_answer(self, field: str) -> dict[str, str]:
        """What the form shows once the chosen text is taken over; typed words stay before it."""
        shown = {name: str(self.data.get(name, "")) for name in self.fields}
        answer = self.answers.get(shown["answer"])
        typed = shown[field].strip()
        if answer is not None:
            keeps = typed and typed not in {known.body for known in self.answers.values()}
            shown[field] = f"{typed}\n\n{answer.body}" if keeps else answer.body
            shown["ground"] = answer.ground or shown.get("ground", "")
        return shown


def _long_enough(text: str) -> str:
    if len(text) < SHORTEST:
        raise ValidationError(
            _("Write a whole sentence: this is all that the author will read."), code="too-short"
        )
    return text


class AskForm(WordedForm):
    answer = forms.CharField(
        label=_("A question to start from"), required=False, widget=forms.Select
    )
    question = TextField(
        LONGEST,
        _("Say what you would like to know."),
        label=_("Your question to the author"),
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def clean_question(self) -> str:
        return _long_enough(self.cleaned_data["question"])


class DeclineForm(WordedForm):
    answer = forms.CharField(label=_("A text to start from"), required=False, widget=forms.Select)
    ground = forms.ChoiceField(
        label=_("Kind of reason"),
        choices=[("", _("Choose…")), *Answer.Ground.choices],
        error_messages={"required": _("Choose what kind of reason it is.")},
    )
    reason = TextField(
        LONGEST,
        _("Give a reason: the author will read it."),
        label=_("Your reason, to the author"),
        widget=forms.Textarea(attrs={"rows": 6}),
    )

    def clean_reason(self) -> str:
        return _long_enough(self.cleaned_data["reason"])


class MergeForm(DecisionForm):
    """`way` is "into" (this idea joins the other one) or "from" (the other one joins this)."""

    other = forms.IntegerField(widget=forms.HiddenInput)
    other_version = forms.IntegerField(widget=forms.HiddenInput)
    way = forms.ChoiceField(choices=[("into", "into"), ("from", "from")])
    reason = forms.CharField(label=_("A word for the authors"), max_length=LONGEST, required=False)


def _percent(label: Any, text: Any) -> forms.FloatField:
    return forms.FloatField(
        label=label,
        help_text=text,
        min_value=0.1,
        max_value=99.9,
        # A number input shows "29.1" where the page's language writes "29,1".
        localize=True,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )


class ThresholdsForm(forms.Form):
    """Probabilities in percent, each higher than the one before."""

    warn = _percent(_("Warn"), _("Shown to authors while they type, and beside an idea."))
    propose = _percent(_("Propose"), _("Listed for moderators as probable duplicates."))
    certain = _percent(_("Certain"), _("Called almost certain."))

    def clean(self) -> dict[str, Any]:
        levels = super().clean() or {}
        chosen = [levels.get(name) for name in ("warn", "propose", "certain")]
        known = [level for level in chosen if level is not None]
        if any(low >= high for low, high in pairwise(known)):
            raise ValidationError(
                _("Each threshold must be higher than the one before it."), code="order"
            )
        return levels

    def levels(self) -> dict[str, float]:
        return {name: level / 100 for name, level in self.cleaned_data.items()}


class ApartForm(DecisionForm):
    """`version` and `other_version` are those of the two ideas as they were read."""

    other_version = forms.IntegerField(widget=forms.HiddenInput)
