"""Photos as they may be kept: small, upright, and silent about who took them, where and when."""

import secrets
import warnings
from io import BytesIO
from math import ceil
from typing import IO

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ("JPEG", "PNG", "WEBP")
LONGEST_SIDE = 1600
# 200 MB of memory while it is being read; phones take 48 million pixels.
MOST_PIXELS = 50_000_000
# Of a megabyte: a photo is said to weigh more than the limit, never the same.
TENTH = 100_000


def cleaned(upload: UploadedFile[bytes]) -> ContentFile[bytes]:
    """The photo made again from its pixels alone, under a random name.

    Raises `ValidationError`, worded for the person, for what is too heavy, too large or no photo.
    """
    size = upload.size or 0
    if size > settings.PHOTO_MAX_BYTES:
        raise ValidationError(
            _(
                "This photo weighs %(size)s; the limit is %(limit)s. Choose a smaller one: "
                "everything else you typed is kept."
            ),
            code="too-heavy",
            params={
                "size": _megabytes(ceil(size / TENTH)),
                "limit": _megabytes(settings.PHOTO_MAX_BYTES // TENTH),
            },
        )
    out = BytesIO()
    _upright(upload).save(out, "JPEG", quality=85, optimize=True, progressive=True)
    return ContentFile(out.getvalue(), name=f"{secrets.token_hex(16)}.jpg")


def _megabytes(tenths: int) -> str:
    number = number_format(tenths / 10, 1 if tenths % 10 else 0)
    return _("%(number)s MB") % {"number": number}


def _upright(file: IO[bytes]) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(file, formats=FORMATS) as image:
                return _flat(_reduced(image))
    except UnidentifiedImageError:
        raise ValidationError(
            _("This file is not a photo that can be shown: choose a JPEG, PNG or WebP image."),
            code="not-a-photo",
        ) from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_large() from None
    except (OSError, SyntaxError, ValueError, EOFError):
        raise ValidationError(
            _("This photo cannot be read: the file seems damaged. Choose another one."),
            code="damaged",
        ) from None


def _reduced(image: Image.Image) -> Image.Image:
    if image.width * image.height > MOST_PIXELS:
        raise _too_large()
    # A JPEG is then read at a fraction of its size.
    image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
    image = ImageOps.exif_transpose(image)
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    return image


def _flat(image: Image.Image) -> Image.Image:
    """The pixels alone, on white: no palette, transparency, colour profile or metadata."""
    layer = image.convert("RGBA")
    ground = Image.new("RGB", layer.size, "white")
    ground.paste(layer, mask=layer.getchannel("A"))
    return ground


def _too_large() -> ValidationError:
    return ValidationError(
        _("This image has too many pixels (the limit is 50 million): choose a smaller one."),
        code="too-large",
    )
