"""How the generated ideas are said: frames, tones, order of the parts, slips of the keyboard."""

import re
import unicodedata
from dataclasses import dataclass
from random import Random
from typing import Any

from demonstration.vocabulary import DIMENSIONS, Detail, Need, read

TONES = {"plain": 62, "angry": 9, "warm": 9, "funny": 4, "long": 9, "telegraphic": 7}
TITLE_LENGTH = 110

VARIANT = re.compile(r"\[([^\[\]]*)\]")
SLOT = re.compile(r"(?:\b(de|à|que) )?\{(\w+)\}", re.IGNORECASE)
MUTE_H = r"h(?:ab|arm|eur|iver|omm|ôp|onn|onor|oraire)"
VOWEL = re.compile(rf"[aeiouyâàéèêëîïôùûœ]|{MUTE_H}", re.IGNORECASE)
CONTRACTED = {
    ("de", "le "): "du ",
    ("de", "les "): "des ",
    ("à", "le "): "au ",
    ("à", "les "): "aux ",
}
NOUNS = {"o", "t", "public"}
CLITIC = re.compile(r"(?:les?|la) \w+(?:er|ir|re|oir)\b")
# « en faire un critère » says nothing without the text below the title.
ANAPHORA = re.compile(
    r"\b(?:les?|la|l'|en|y|leur|lui) ?\w+(?:er|ir|re|oir)\b|\bce(?:t|tte|la|lui)?s?\b"
)
# After these, one more « , seulement le samedi » would not be read with the right words.
CLOSED = re.compile(r"[,:]| pour |.{75}")
# Only what nobody wants can be fought in a title: one does not want « la livraison » to end.
NUISANCE = re.compile(
    r"(?:l'|les? |la )(?:attente|affluence|cohue|files?|manque|absence|pannes?|lenteur|erreurs?"
    r"|retards?|ruptures?|jargon|fouillis|silence|délais|pression|difficulté|impossibilité|casse"
    r"|temps perdu|bourrages|encombrement|paperasse|double saisie|bruit|labyrinthe|vols?|tensions)"
)


@dataclass
class Writer:
    """Says one proposal. ``first`` chooses the words of the problem, ``rng`` all the others."""

    need: Need
    remedy: tuple[str, ...]
    details: tuple[Detail, ...]
    first: Random
    rng: Random

    def row(self) -> dict[str, Any]:
        self.profession = self.rng.choice(self.need.professions)
        self.tone = self.rng.choices(list(TONES), list(TONES.values()))[0]
        self.said = {d.dimension: self.rng.choice(d.say) for d in self.details}
        self.scope = " ".join(name for name in DIMENSIONS if name in self.said)
        hand = Hand(self.rng)
        body = self.telegraph() if self.tone == "telegraphic" else self.body()
        return {
            "title": hand.write(self.title()),
            "body": hand.write(body),
            "theme": self.need.theme,
            "moment": self.need.moment if self.rng.random() < 0.85 else None,
            "channel": self.need.channel,
            "profession": self.profession,
            "language": "fr",
            "tone": self.tone,
        }

    # The parts, in the order of most texts

    def opening(self, problem: str) -> str:
        openings = self.voice("openings")
        chosen = self.first.choice(
            [
                text
                for text in openings.get(self.tone, openings["plain"])
                if not (text.endswith(": ") and ":" in problem)
            ]
        )
        job = self.first.choice(self.voice("jobs", self.profession))
        town = self.first.choice(self.voice("towns"))
        return capital(self.fill(chosen, self.first, job=job, town=town))

    def problem(self, text: str, opening: str, lead: str) -> str:
        if lead:
            text = f"{lead}, {text}"
        elif not opening and not stands_alone(text) and self.first.random() < 0.6:
            frames = self.voice("problem")
            if ":" in text:
                frames = [frame for frame in frames if ":" not in frame]
            return sentence(self.fill(self.first.choice(frames), self.first, p=text))
        if opening.endswith((", ", " : ")):
            return opening + uncapital(sentence(text))
        return opening + sentence(text)

    def cause(self) -> str:
        text = self.fill(self.first.choice(self.need.causes), self.first)
        return sentence(self.fill(self.first.choice(self.voice("cause")), self.first, c=text))

    def story(self) -> str:
        story = self.rng.choice(self.voice("stories", self.need.world))
        return self.fill(story, self.rng, town=self.rng.choice(self.voice("towns")))

    def proposal(self, scope: str) -> str:
        """The remedy, narrowed to ``scope`` in the same sentence or in the next."""
        text = self.fill(self.rng.choice(self.remedy), self.rng)
        if stands_alone(text):
            intro = self.tone != "telegraphic" and self.chance(0.5)
            text = (self.rng.choice(self.voice("remedy_intro")) if intro else "") + capital(text)
        else:
            frame = self.rng.choice(self.remedy_frames(text))
            open_ended = frame.endswith(("{r}.", "{r} ?", "{r} !"))
            if scope and open_ended and self.chance(0.5) and not CLOSED.search(text):
                text += self.voices("inline", scope)
                scope = ""
            text = sentence(self.fill(frame, self.rng, r=text))
        return f"{text} {capital(self.voices('scope', scope))}" if scope else text

    def remedy_frames(self, text: str) -> list[str]:
        """« Je propose de les vendre » is right, but « de le(s) » reads like a slip: avoid it."""
        frames = self.voice("remedy")
        chosen: list[str] = frames.get(self.tone, frames["plain"])
        if CLITIC.match(text):
            chosen = [frame for frame in chosen if "de {r}" not in frame]
        if ":" in text:
            chosen = [frame for frame in chosen if ":" not in frame] or chosen
        if text.startswith("proposer"):
            chosen = [frame for frame in chosen if "propos" not in frame.lower()]
        return chosen

    def reason(self) -> str:
        return self.fill(self.rng.choice(self.rng.choice(self.details).why), self.rng)

    def closing(self) -> str:
        closings = self.voice("closings")
        return self.fill(self.rng.choice(closings.get(self.tone, closings["plain"])), self.rng)

    # The whole

    def body(self) -> str:
        """From one sentence to a dozen; the proposal and its details are never left out."""
        long = self.tone == "long"
        text = self.fill(self.first.choice(self.need.problems), self.first)
        lead, scope = self.lead(text)
        often = {"plain": 0.26, "long": 1.0}.get(self.tone, 0.6)
        opening = self.opening(text) if self.first.random() < often else ""
        before = [self.problem(text, opening, lead)]
        before += [self.cause()] if self.first.random() < (0.95 if long else 0.42) else []
        before += [self.story()] if self.chance(0.8 if long else 0.17) else []
        after = [self.proposal(scope)]
        after += [self.reason()] if scope and self.chance(0.85 if long else 0.36) else []
        after += [self.voices("benefits")] if self.chance(0.9 if long else 0.25) else []
        after += [self.closing()] if self.chance(0.7 if long else 0.13) else []
        gap = "\n\n" if long or self.chance(0.12) else " "
        return f"{' '.join(before)}{gap}{' '.join(after)}"

    def lead(self, problem: str) -> tuple[str, str]:
        """At times the place opens the text instead of closing the proposal."""
        if self.scope != "place" or stands_alone(problem) or self.chance(0.5):
            return "", self.scope
        return self.said["place"], ""

    def telegraph(self) -> str:
        text = self.fill(self.first.choice(self.need.problems), self.first)
        if not stands_alone(text):
            frame = self.first.choice(self.voice("telegraphic_problem"))
            text = self.fill(frame, self.first, p=text)
        hints = [self.fill(self.voice("telegraphic_scope")[name], self.rng) for name in self.said]
        return self.rng.choice([" ", "\n"]).join([sentence(text), self.proposal(""), *hints])

    def title(self) -> str:
        for _ in range(12):
            title = self.headline()
            if len(title) <= TITLE_LENGTH:
                return capital(title)
        return capital(self.fill(min(self.need.topics, key=len), self.rng))

    def headline(self) -> str:
        topic = self.fill(self.rng.choice(self.need.topics), self.rng)
        infinitives = [text for text in self.remedy if not stands_alone(text)]
        remedy = self.fill(self.rng.choice(infinitives), self.rng)
        kind = self.rng.choices(("topic", "remedy", "both", "scope"), (30, 42, 13, 15))[0]
        if self.tone == "angry" and NUISANCE.match(topic) and self.chance(0.7):
            kind = "angry"
        if kind == "scope" and self.said:
            name = self.rng.choice(list(self.said))
            return self.fill(self.voice("titles", "scope")[name], self.rng, t=topic)
        vague = kind == "remedy" and ANAPHORA.search(remedy)
        if kind == "scope" or vague or (kind == "both" and ":" in topic):
            kind = "topic"
        frames = [f for f in self.voice("titles", kind) if not (":" in f and ":" in topic + remedy)]
        if not NUISANCE.match(topic):
            frames = [frame for frame in frames if "t}" not in frame or frame.startswith("{t}")]
        return self.fill(self.rng.choice(frames or ["{t}"]), self.rng, t=topic, r=remedy)

    # Words

    def chance(self, odds: float) -> bool:
        return self.rng.random() < odds

    def voice(self, *path: str) -> Any:
        words: Any = read("voice.json")
        for name in path:
            words = words[name]
        return words

    def voices(self, *path: str) -> str:
        return self.fill(self.rng.choice(self.voice(*path)), self.rng)

    def fill(self, template: str, rng: Random, **values: str) -> str:
        """The template with its choices made and its slots filled, elided and contracted."""
        values = {
            "o": self.need.object,
            "e": "e" if self.need.feminine else "",
            **getattr(self, "said", {}),
            **values,
        }
        chosen = VARIANT.sub(lambda match: rng.choice(match[1].split("|")), template)
        return SLOT.sub(lambda match: join(match[1], match[2], values[match[2]]), chosen)


class Hand:
    """The keyboard of one writer: careful, hurried, or without accents."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.habit = rng.choices(
            ("straight", "typographic", "slips", "bare", "lower"), (50, 27, 13, 6, 4)
        )[0]

    def write(self, text: str) -> str:
        return str(getattr(self, self.habit)(text))

    def straight(self, text: str) -> str:
        return text

    def typographic(self, text: str) -> str:
        text = re.sub(r" ([?!:;»])", "\u00a0\\1", text).replace("« ", "«\u00a0")
        return text.replace("'", "’")

    def slips(self, text: str) -> str:
        slips: dict[str, str] = read("voice.json")["slips"]
        present = [right for right in slips if right in text]
        for right in self.rng.sample(present, min(len(present), 3)):
            text = text.replace(right, slips[right], 1)
        words = text.split(" ")
        for at in self.rng.sample(range(len(words)), min(len(words), 1 + len(words) // 40)):
            words[at] = self.mistype(words[at])
        return " ".join(words)

    def mistype(self, word: str) -> str:
        if len(word) < 6 or not word.isalpha():
            return word
        at = self.rng.randrange(2, len(word) - 2)
        swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        dropped, doubled = word[:at] + word[at + 1 :], word[:at] + word[at] + word[at:]
        return self.rng.choice([swapped, dropped, doubled])

    def bare(self, text: str) -> str:
        plain = unicodedata.normalize("NFD", text.replace("œ", "oe"))
        return "".join(letter for letter in plain if not unicodedata.combining(letter))

    def lower(self, text: str) -> str:
        text = re.sub(r" ?([?!])", r"\1", text.lower())
        return text.replace("« ", '"').replace(" »", '"').removesuffix(".")


def join(word: str | None, name: str, value: str) -> str:
    """A slot's value after « de », « à » or « que », if it follows one of them."""
    if word is None:
        return value
    if name in NOUNS:
        for (before, article), contracted in CONTRACTED.items():
            if word.lower() == before and value.startswith(article):
                kept = contracted + value.removeprefix(article)
                return kept.capitalize() if word[0].isupper() else kept
    if word.lower() != "à" and VOWEL.match(value):
        return f"{word[:-1]}'{value}"
    return f"{word} {value}"


def stands_alone(text: str) -> bool:
    return text.endswith((".", "!", "?", "»"))


def sentence(text: str) -> str:
    return capital(text if stands_alone(text) else f"{text}.")


def capital(text: str) -> str:
    at = 2 if text.startswith("« ") else 0
    return text[:at] + text[at : at + 1].upper() + text[at + 1 :]


def uncapital(text: str) -> str:
    """Lower-case a sentence that now follows a comma or a colon."""
    return text[:1].lower() + text[1:]
