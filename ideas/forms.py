"""What a person may type about an idea; each refusal says in words what to change."""

import re
import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Entity
from ideas import photos, places
from ideas.models import Campaign, Channel, Idea, Moment, Theme

TITLE_LENGTH = Idea._meta.get_field("title").max_length or 120
BODY_LENGTH = Idea._meta.get_field("body").max_length or 5000
# What nobody sees and no keyboard types: control characters, and orders to write backwards.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class TextField(forms.CharField):
    """Plain text with words in it, of at most `longest` characters."""

    def __init__(self, longest: int, required_message: Any, **kwargs: Any) -> None:
        super().__init__(error_messages={"required": required_message}, **kwargs)
        self.longest = longest
        # The browser counts; it must not cut what somebody pastes.
        self.widget.attrs["maxlength"] = longest
        self.validators = []

    def clean(self, value: Any) -> str:
        text = super().clean(value).replace("\r\n", "\n").replace("\r", "\n")
        if _CONTROLS.search(text):
            raise ValidationError(
                _(
                    "Invisible characters came with this text, perhaps from a copy and paste. "
                    "They have been taken out: check it, then send it again."
                ),
                code="controls",
            )
        text = unicodedata.normalize("NFC", text)
        if not any(character.isalpha() for character in text):
            raise ValidationError(_("Use words: there is no letter in it."), code="no-letters")
        if (over := len(text) - self.longest) > 0:
            raise ValidationError(
                ngettext(
                    "%(over)s character too many: the limit is %(longest)s.",
                    "%(over)s characters too many: the limit is %(longest)s.",
                    over,
                ),
                code="too-long",
                params={
                    "over": number_format(over, force_grouping=True),
                    "longest": number_format(self.longest, force_grouping=True),
                },
            )
        return text


class TitleField(TextField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            TITLE_LENGTH,
            gettext_lazy("Give your idea a title: a few words are enough."),
            label=gettext_lazy("Your idea in one sentence"),
            widget=forms.TextInput(attrs={"autocomplete": "off", "enterkeyhint": "next"}),
            **kwargs,
        )

    def clean(self, value: Any) -> str:
        return " ".join(super().clean(value).split())


class BodyField(TextField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            BODY_LENGTH,
            gettext_lazy("Say in a sentence or two what should change, and why."),
            label=gettext_lazy("What should change, and what would it bring?"),
            widget=forms.Textarea(attrs={"rows": 6}),
            **kwargs,
        )


class WordsForm(forms.Form):
    """A form of texts that are shown again without what was refused because nobody can see it."""

    def full_clean(self) -> None:
        super().full_clean()
        if not self.is_bound:
            return
        shown = dict(self.data.items())
        for name in ("title", "body"):
            if self.has_error(name, "controls"):
                shown[name] = _CONTROLS.sub("", shown[name])
        self.data = shown


def taken_up(typed: dict[str, Any]) -> dict[str, Any]:
    """What a draft holds, for the form: a place chosen in the list is named in full."""
    chosen = places.named(typed["place_code"]) if typed.get("place_code") else ""
    return {**typed, "place": chosen or typed.get("place", ""), "place_code": ""}


class IdeaForm(WordsForm):
    title = TitleField()
    body = BodyField()
    theme = forms.ModelChoiceField(
        Theme.objects.all(),
        to_field_name="slug",
        label=gettext_lazy("What is it about?"),
        widget=forms.RadioSelect,
        empty_label=None,
        error_messages={
            "required": gettext_lazy("Choose the theme that fits best."),
            "invalid_choice": gettext_lazy("This theme no longer exists: choose another one."),
        },
    )
    moment = forms.ModelChoiceField(
        Moment.objects.all(),
        to_field_name="slug",
        required=False,
        label=gettext_lazy("At which moment for the customer?"),
        empty_label=gettext_lazy("None in particular"),
    )
    channel = forms.ModelChoiceField(
        Channel.objects.all(),
        to_field_name="slug",
        required=False,
        label=gettext_lazy("Through which channel?"),
        empty_label=gettext_lazy("None in particular"),
    )
    campaign = forms.ModelChoiceField(
        Campaign.objects.none(),
        to_field_name="slug",
        required=False,
        label=gettext_lazy("For a campaign?"),
        empty_label=gettext_lazy("No, outside any campaign"),
        error_messages={
            "invalid_choice": gettext_lazy(
                "This campaign is not running: choose another one, or none."
            )
        },
    )
    place = forms.CharField(
        required=False,
        max_length=200,
        label=gettext_lazy("Which place is it about?"),
        help_text=gettext_lazy("Its name or its code. Leave it empty if it concerns them all."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    # The place chosen in the list that opens under `place`.
    place_code = forms.CharField(required=False, max_length=20)
    photo = forms.FileField(
        required=False,
        label=gettext_lazy("A photo"),
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
    )
    remove_photo = forms.BooleanField(required=False, label=gettext_lazy("Without this photo"))
    is_anonymous = forms.BooleanField(
        required=False,
        label=gettext_lazy("Submit without my name"),
        help_text=gettext_lazy(
            "Neither your name, nor your place, nor your profession is kept with the idea: "
            "colleagues and moderators cannot see whose it is. Only you will find it in “My "
            "ideas”, by a link that is stored encrypted. What you write, or a photo, may still "
            "give you away."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Which campaigns are running depends on the day.
        self.fields["campaign"].queryset = Campaign.objects.running()  # type: ignore[attr-defined]

    def full_clean(self) -> None:
        super().full_clean()
        if self.is_bound and (entity := self.cleaned_data.get("entity")):
            # The list in which it was chosen is not open any more.
            self.data = {**self.data, "place": places.label(entity.name, entity.code)}

    def clean_photo(self) -> ContentFile[bytes] | None:
        upload = self.cleaned_data["photo"]
        return photos.cleaned(upload) if isinstance(upload, UploadedFile) else None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        try:
            cleaned["entity"] = self._entity()
        except ValidationError as error:
            self.add_error("place", error)
        return cleaned

    def _entity(self) -> Entity | None:
        """The place of the idea; an anonymous one has none, it could tell who wrote it."""
        data = self.cleaned_data
        typed = data.get("place_code") or data.get("place")
        return places.resolve(typed) if typed and not data.get("is_anonymous") else None

    def facts(self) -> dict[str, Any]:
        """The fields of the idea, as `Idea.submit` takes them."""
        names = (
            "title",
            "body",
            "theme",
            "moment",
            "channel",
            "campaign",
            "entity",
            "is_anonymous",
        )
        return {name: self.cleaned_data[name] for name in names}


class RevisionForm(WordsForm):
    """`version` is that of the idea which its author has read."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    title = TitleField()
    body = BodyField()
    answer = forms.CharField(
        required=False,
        max_length=2000,
        strip=True,
        label=gettext_lazy("Your answer to the moderator"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
