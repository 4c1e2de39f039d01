"""Elements, charts and Markdown: whatever is no markup is text."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipcom_chat.web import charts
from ipcom_chat.web.charts import Bar
from ipcom_chat.web.html import Html, el, marked, number, table
from ipcom_chat.web.markdown import RENDERED_MAX, rendered


class _Reader(HTMLParser):
    """Collects elements and text as a browser would."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]
        assert not any(name.startswith("on") for name, _value in attrs)

    def handle_data(self, data: str) -> None:
        self.text += data


def read(markup: str) -> _Reader:
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    return reader


@given(st.text(alphabet="<>&\"'/=ab on!-", max_size=60), st.text(alphabet="<>&\"' =a", max_size=30))
def test_text_and_attributes_never_become_elements(inside: str, value: str) -> None:
    reader = read(el("p", inside, title=value))
    assert reader.tags == ["p"]
    assert reader.text == inside


@given(st.text(alphabet="<>&\"'()[]!*_`~#|:/\n abhjprstv.x", max_size=120))
def test_no_text_becomes_script_picture_or_another_link(source: str) -> None:
    reader = read(rendered(source))
    assert not {"script", "img", "iframe", "svg", "style", "input", "form"} & set(reader.tags)
    assert all(link.startswith(("http://", "https://")) for link in reader.links)


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "JaVaScRiPt:x", "data:text/html,x", "vbscript:x", "file:///etc",
             "//evil.example", "/logout", "java\nscript:x", "&#106;avascript:x"],
)  # fmt: skip
def test_only_links_to_the_web_are_links(link: str) -> None:
    assert read(rendered(f"[a]({link}) <{link}>\n\n[b]: {link}\n\n[b]")).links == []


def test_attributes_are_written_as_html_names_them() -> None:
    made = el("input", for_="a", aria_label="b", required=True, checked=False, value=None)
    assert made == '<input for="a" aria-label="b" required>'
    assert el("p", Html("<b>"), "<", None, 3) == "<p><b>&lt;3</p>"


def test_what_was_found_is_marked() -> None:
    made = marked("<disk> & disk", ((9, 13), (1, 5), (2, 4)))
    assert made == "&lt;<mark>disk</mark>&gt; &amp; <mark>disk</mark>"


def test_a_table_has_heads_for_columns_and_rows() -> None:
    made = table("T", ["A", number("B")], [["x", number(1)]])
    assert '<th scope="col" class="number">B</th>' in made
    assert '<th scope="row">x</th><td class="number">1</td>' in made


def test_bars_are_as_high_as_the_highest_lets_them() -> None:
    values = [Bar(title="a", parts=(("ok", 1), ("error", 3))), Bar(title="<b>", parts=(("ok", 2),)),
              Bar(title="none", parts=(("ok", 0),))]  # fmt: skip
    made = charts.bars("label", values)
    assert made.count("<rect") == 3
    assert 'y="45.00" width="8" height="15.00"' in made
    assert 'y="0.00" width="8" height="45.00"' in made
    assert "<title>&lt;b&gt;</title>" in made
    assert "none" not in made.replace('preserveAspectRatio="none"', "")
    assert "<rect" not in charts.bars("nothing", [])


def test_a_line_breaks_where_nothing_is_known() -> None:
    assert charts.line("rate", [0.5, None, 0.1, 0.2]).count("<polyline") == 2
    assert "<polyline" not in charts.line("rate", [None])


def test_a_very_long_text_is_shown_as_it_is_written() -> None:
    assert rendered("*a*" + " " * RENDERED_MAX).startswith("<pre>*a*")
