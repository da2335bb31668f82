from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from community.models.comment import LONGEST, LONGEST_REASON
from community.models.saved_search import LONGEST_NAME


class CommentForm(forms.Form):
    """What somebody says; `unnamed` for the author of an anonymous idea, who chooses a voice."""

    AS_AUTHOR, BY_NAME = "author", "name"

    body = forms.CharField(
        label=_("Your comment"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Write something first.")},
    )
    # The same key sent twice makes one comment.
    key = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, data: Any = None, *, where: str = "new", unnamed: bool = False, **kwargs: Any
    ) -> None:
        kwargs.setdefault("initial", {}).setdefault("key", uuid4())
        super().__init__(data, auto_id=f"{where}-%s", **kwargs)
        if where != "new" or data is not None:
            self.fields["body"].widget.attrs["autofocus"] = True
        if unnamed:
            self.fields["voice"] = forms.ChoiceField(
                label=_("How you appear"),
                choices=[
                    (self.AS_AUTHOR, _("As the author, without your name")),
                    (self.BY_NAME, _("Under your name: nobody will know that the idea is yours")),
                ],
                widget=forms.RadioSelect,
                initial=self.AS_AUTHOR,
            )

    def clean_key(self) -> UUID:
        try:
            return UUID(self.cleaned_data["key"])
        except ValueError:
            return uuid4()

    @property
    def as_author(self) -> bool:
        return self.cleaned_data.get("voice") == self.AS_AUTHOR

    def refuse(self, refused: ValidationError) -> None:
        """Say beside the text why a rule says no."""
        self.add_error("body", refused)


class HidingForm(forms.Form):
    reason = forms.CharField(
        label=_("Why you hide it"),
        help_text=_("Its author will read this."),
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 2, "autofocus": True}),
        error_messages={"required": _("Give a reason: its author will read it.")},
    )


class SearchNameForm(forms.Form):
    """How a saved search is called; a new one without a name takes one from its words."""

    name = forms.CharField(
        label=_("Name of the search"),
        max_length=LONGEST_NAME,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Give it a name.")},
    )

    def __init__(self, data: Any = None, *, optional: bool = False, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["name"].required = not optional
