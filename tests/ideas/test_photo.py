import re
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from ideas.models import Draft, Idea

SUBMIT = reverse("ideas:submit")


@pytest.fixture
def awa(postwoman, signed_in):
    return signed_in(postwoman)


def kept():
    return Image.open(Idea.objects.get().photo)


def refusal(answer):
    assert not Idea.objects.exists()
    assert 'id="id_photo_error"' in answer.text
    return " ".join(answer.context["form"].errors["photo"])


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_goes_with_the_idea(awa, typed, photo, kind):
    awa.post(SUBMIT, typed(photo=photo(kind=kind)))
    assert kept().format == "JPEG"
    assert kept().size == (40, 30)


def test_what_a_photo_says_of_place_time_and_device_is_taken_out(awa, typed, photo):
    exif = Image.Exif()
    exif[0x010F] = "MarqueDuTelephone"
    exif.get_ifd(0x8825)[1] = "N"
    awa.post(SUBMIT, typed(photo=photo(exif=exif, comment=b"secret")))
    assert not kept().getexif()
    with Idea.objects.get().photo.open() as file:
        content = file.read()
    assert b"MarqueDuTelephone" not in content
    assert b"secret" not in content


def test_a_photo_taken_sideways_stands_upright(awa, typed, photo):
    exif = Image.Exif()
    exif[0x0112] = 6
    awa.post(SUBMIT, typed(photo=photo(exif=exif)))
    assert kept().size == (30, 40)


def test_a_large_photo_is_made_smaller(awa, typed, photo):
    awa.post(SUBMIT, typed(photo=photo(size=(4000, 3000))))
    assert kept().size == (1600, 1200)


def test_the_name_of_the_file_is_not_kept(awa, typed, photo):
    awa.post(SUBMIT, typed(photo=photo(name="awa-le-goff-rennes.jpg")))
    stem = Path(Idea.objects.get().photo.name).stem
    assert len(stem) == 32
    assert "awa" not in stem


def test_what_is_see_through_stands_on_white(awa, typed):
    out = BytesIO()
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(out, "PNG")
    awa.post(SUBMIT, typed(photo=SimpleUploadedFile("vide.png", out.getvalue(), "image/png")))
    assert kept().getpixel((4, 4)) == (255, 255, 255)


def test_a_photo_of_10_mb_gets_a_message_beside_the_field_and_nothing_is_lost(awa, typed, photo):
    heavy = photo()
    heavy = SimpleUploadedFile("grande.jpg", heavy.read() + b"\0" * 10_000_000, "image/jpeg")
    answer = awa.post(SUBMIT, typed(photo=heavy, body="Devant le guichet, un banc."))
    assert re.search(r"10,1\s?M[Bo].* 8\sM[Bo]", refusal(answer))
    assert "Devant le guichet, un banc." in answer.text
    assert Draft.objects.get().typed["body"] == "Devant le guichet, un banc."


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("photo.jpg", b"<html><script>alert(1)</script></html>"),
        ("photo.png", b"GIF89a\x01\x00\x01\x00\x00\x00\x00;"),
        ("photo.jpg", b"%PDF-1.7"),
        ("photo.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("photo.jpg", b"\xff\xd8\xff\xe0"),
    ],
)
def test_a_photo_is_judged_by_what_is_in_it(awa, typed, name, content):
    answer = awa.post(SUBMIT, typed(photo=SimpleUploadedFile(name, content, "image/jpeg")))
    assert refusal(answer)


def test_a_photo_cut_off_on_the_way_is_refused(awa, typed, photo):
    whole = photo(size=(400, 300), kind="PNG").read()
    cut = SimpleUploadedFile("coupee.png", whole[: len(whole) // 2], "image/png")
    assert refusal(awa.post(SUBMIT, typed(photo=cut)))


@pytest.mark.parametrize("side", [7_500, 12_000])
def test_an_image_that_would_fill_the_memory_is_never_opened(awa, typed, side):
    out = BytesIO()
    Image.new("1", (side, side)).save(out, "PNG", optimize=True)
    assert out.tell() < 100_000
    bomb = SimpleUploadedFile("bombe.png", out.getvalue(), "image/png")
    assert "50" in refusal(awa.post(SUBMIT, typed(photo=bomb)))


def test_a_good_photo_is_kept_while_the_rest_is_put_right(awa, typed, photo):
    data = typed(title="", photo=photo())
    answer = awa.post(SUBMIT, data)
    assert reverse("ideas:draft_photo", args=[data["key"]]) in answer.text
    assert awa.get(reverse("ideas:draft_photo", args=[data["key"]])).status_code == 200
    awa.post(SUBMIT, typed(key=data["key"]))
    assert kept().size == (40, 30)
    assert not Draft.objects.exists()


def test_a_photo_that_was_kept_can_be_left_out(awa, typed, photo):
    data = typed(title="", photo=photo())
    awa.post(SUBMIT, data)
    awa.post(SUBMIT, typed(key=data["key"], remove_photo="on"))
    assert not Idea.objects.get().photo


def test_the_photo_of_a_draft_goes_with_it(
    awa, postwoman, photo, django_capture_on_commit_callbacks
):
    Draft.keep(postwoman, key := uuid4(), 1, {})
    draft = Draft.objects.get(key=key)
    draft.keep_photo(photo())
    storage, name = draft.photo.storage, draft.photo.name
    with django_capture_on_commit_callbacks(execute=True):
        draft.delete()
    assert not storage.exists(name)


def test_the_photo_is_for_those_who_may_read_the_idea(
    awa, typed, photo, clerk, moderator, signed_in, client
):
    awa.post(SUBMIT, typed(photo=photo()))
    idea = Idea.objects.get()
    address = reverse("ideas:photo", args=[idea.pk])
    assert awa.get(address).status_code == 200
    assert signed_in(clerk).get(address).status_code == 404
    assert client.get(address).status_code == 302
    idea.publish(moderator)
    answer = signed_in(clerk).get(address)
    assert answer["Content-Type"] == "image/jpeg"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "private" in answer["Cache-Control"]


def test_an_idea_without_photo_has_none(awa, submit, postwoman):
    assert awa.get(reverse("ideas:photo", args=[submit(postwoman).pk])).status_code == 404
    assert awa.post(reverse("ideas:photo", args=[1])).status_code == 405
