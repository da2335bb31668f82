"""What people do again and again on their way through the journey."""

import re
from collections.abc import Callable
from io import BytesIO

import numpy as np
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.browser.words import fr

Visit = Callable[..., Page]
EXPLAINED = "Ceux qui viennent avec un avis de passage attendent derrière les opérations longues."


def photo(width: int, height: int, kind: str = "JPEG") -> bytes:
    """A photo that does not compress, like those of a phone."""
    rng = np.random.default_rng(2026)
    pixels = rng.integers(0, 255, (height, width, 3), dtype=np.uint8)
    out = BytesIO()
    Image.fromarray(pixels).save(out, kind, quality=95)
    return out.getvalue()


def choose(page: Page, name: str, content: bytes) -> None:
    file = {"name": name, "mimeType": "image/jpeg", "buffer": content}
    page.locator("#id_photo").set_input_files(file)  # type: ignore[arg-type]


def type_idea(page: Page, title: str, body: str = EXPLAINED) -> None:
    page.goto("/idees/proposer/")
    page.locator("#id_title").fill(title)
    page.locator("#id_body").fill(body)


def hand_in(page: Page) -> Locator:
    """Choose the first theme and submit; the button."""
    page.locator("fieldset .choice").first.click()
    button = page.get_by_role("button", name=fr("Submit my idea"))
    button.click()
    return button


def sign_in_again(page: Page, part: str) -> None:
    """As the page says whose form could not be sent: in another tab."""
    with page.expect_popup() as tab:
        page.get_by_role("link", name=fr("Sign in in a new tab")).click()
    tab.value.get_by_role("button", name=part).click()
    expect(tab.value.locator(".topbar__tools .avatar").first).to_be_visible()
    tab.value.close()


def submitted(page: Page, title: str, body: str = EXPLAINED) -> int:
    """Hand in an idea; its number."""
    type_idea(page, title, body)
    hand_in(page)
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    return int(re.findall(r"\d+", page.url)[-1])


def review(page: Page, idea: int, query: str = "") -> None:
    page.goto(f"/moderation/{idea}/{query}")


def publish(page: Page, idea: int) -> None:
    review(page, idea)
    page.locator(".decide").get_by_role("button", name=fr("Publish")).click()
    expect(page.locator(".triage-done")).to_be_visible()


def back(page: Page, idea: int) -> None:
    page.goto(f"/idees/{idea}/")
    page.locator(".vote--wide[aria-pressed=false]").click()
    expect(page.locator(".vote--wide[aria-pressed=true]")).to_be_visible()


def supporters(page: Page, idea: int) -> int:
    page.goto(f"/idees/{idea}/")
    return int(page.locator(".vote--wide .vote__count").inner_text())
