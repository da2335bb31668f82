from dataclasses import dataclass

from django.template import Context, Library, Node, TemplateSyntaxError
from django.template.base import FilterExpression, Parser, Token, token_kwargs
from django.utils.safestring import SafeString

from pieces import piece

register = Library()
FORM = "{% piece “template” [with name=value …] [own hole=value …] [as name] %}"


@dataclass
class PieceNode(Node):
    template: FilterExpression
    values: dict[str, FilterExpression]
    own: dict[str, FilterExpression]
    name: str

    def render(self, context: Context) -> SafeString:
        values = {name: value.resolve(context) for name, value in self.values.items()}
        made = piece(self.template.resolve(context), values, tuple(self.own))
        html = made.filled({hole: value.resolve(context) for hole, value in self.own.items()})
        if not self.name:
            return html
        context[self.name] = html
        return SafeString("")


@register.tag("piece")
def do_piece(parser: Parser, token: Token) -> PieceNode:
    """A piece that many readers see alike: `with` what it is made of, and `own` of the reader."""
    _tag, *bits = token.split_contents()
    if not bits:
        raise TemplateSyntaxError(FORM)
    template = parser.compile_filter(bits.pop(0))
    values = _named("with", bits, parser)
    own = _named("own", bits, parser)
    match bits:
        case []:
            name = ""
        case ["as", name]:
            pass
        case _:
            raise TemplateSyntaxError(FORM)
    return PieceNode(template, values, own, name)


@register.simple_tag
def icon(name: str, kind: str = "") -> SafeString:
    """An icon beside words that say the same; `kind` is a class of `.icon`."""
    return piece("components/icon.html", {"name": name, "class": kind}).filled({})


def _named(word: str, bits: list[str], parser: Parser) -> dict[str, FilterExpression]:
    if bits[:1] != [word]:
        return {}
    del bits[0]
    return token_kwargs(bits, parser)
