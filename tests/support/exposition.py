"""An independent reader of Prometheus' text exposition format, strict where the format is.

Source: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

import re
from typing import NamedTuple

_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"(,|$)')
_SAMPLE = re.compile(r"([^\s{]+)(?:\{(.*)\})? (\S+)")
_SUFFIXES = {
    "histogram": ("_bucket", "_sum", "_count"), "summary": ("",), "counter": ("",), "gauge": ("",),
}  # fmt: skip


class Sample(NamedTuple):
    """One value."""

    name: str
    labels: dict[str, str]
    value: float


class Family(NamedTuple):
    """One metric."""

    type: str
    help: str
    samples: list[Sample]


def parse(text: str) -> dict[str, Family]:
    """Return the metrics by name; anything that is not allowed fails."""
    assert text.endswith("\n")
    families: dict[str, Family] = {}
    current, helped = "", ("", "")
    for line in text.splitlines():
        if line.startswith("# HELP "):
            name, _, what = line.removeprefix("# HELP ").partition(" ")
            helped = name, what
        elif line.startswith("# TYPE "):
            current, _, kind = line.removeprefix("# TYPE ").partition(" ")
            assert helped[0] == current, "HELP and TYPE stand together"
            assert _NAME.fullmatch(current)
            assert current not in families, "a metric stands in one piece"
            families[current] = Family(kind, helped[1], [])
        else:
            sample = _sample(line)
            family = families[current]
            assert sample.name.removeprefix(current) in _SUFFIXES[family.type]
            assert all((s.name, s.labels) != sample[:2] for s in family.samples), "twice"
            family.samples.append(sample)
    for name, family in families.items():
        assert family.samples, f"{name} has no sample"
        assert (family.type == "counter") == name.endswith("_total")
        assert all((family.type == "summary") == ("quantile" in s.labels) for s in family.samples)
        if family.type == "histogram":
            _check_histogram(family)
    return families


def value(families: dict[str, Family], name: str, **labels: str) -> float:
    """Return the value of one sample."""
    for family in families.values():
        for sample in family.samples:
            if sample.name == name and sample.labels == labels:
                return sample.value
    raise AssertionError(f"no {name} {labels}")


def _sample(line: str) -> Sample:
    found = _SAMPLE.fullmatch(line)
    assert found, line
    labels: dict[str, str] = {}
    rest = found[2] or ""
    while rest:
        label = _LABEL.match(rest)
        assert label, line
        labels[label[1]] = re.sub(
            r"\\(.)", lambda escape: {"n": "\n"}.get(escape[1], escape[1]), label[2]
        )
        rest = rest[label.end() :]
    return Sample(found[1], labels, float(found[3].replace("+Inf", "inf")))


def _check_histogram(family: Family) -> None:
    rows: dict[str, list[tuple[float, float]]] = {}
    for name, labels, count in family.samples:
        if name.endswith("_bucket"):
            rows.setdefault(labels["kind"], []).append((float(labels["le"]), count))
    for kind, buckets in rows.items():
        assert buckets == sorted(buckets), "buckets rise"
        assert [count for _le, count in buckets] == sorted(count for _le, count in buckets)
        assert buckets[-1][0] == float("inf")
        total = [s.value for s in family.samples
                 if s.name.endswith("_count") and s.labels == {"kind": kind}]  # fmt: skip
        assert total == [buckets[-1][1]]
