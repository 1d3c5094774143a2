"""The commands `prices`, `report` and `watch` of the command line (docs/reporting.md)."""

from __future__ import annotations

import argparse
import shlex
import time
from pathlib import Path

from reporter.brakes import MAX_AGE, MAX_SPREAD_PPM, Brakes
from reporter.keys import load_key
from reporter.options import Commands, Options, add_command, add_evidence, at_least, now, price, wei
from reporter.own_source import OwnSource
from reporter.quote import Sources, read_quote
from reporter.report import Reporter, quote_rows
from reporter.sending import load
from reporter.service import Service
from reporter.units import show_price, show_table, show_time
from reporter.watch import Watch, watch

TIMEOUT = 10  # seconds


def add_reporting(commands: Commands) -> None:
    """Each sets `run`."""
    shown = add_command(commands, "prices", "show what each source of an index says", _prices)
    what = shown.add_mutually_exclusive_group(required=True)
    what.add_argument("--index", type=Path, help="an index spec, a JSON file")
    what.add_argument("--expiry", help="an expiry of the service, by id or slug")
    words = "report an expiry's price with a bond"
    once = add_command(commands, "report", words, _report, sends=True, leaves=True)
    once.add_argument("--expiry", required=True, help="its id or slug")
    once.add_argument("--price", type=price, help="report this price instead of what the sources say")
    words = "report on every expiry of some indices as it opens, until a person has to look"
    bot = add_command(commands, "watch", words, _watch, sends=True, leaves=True)
    bot.add_argument("--index", action="append", required=True, help="an index's id or slug; any number")
    bot.add_argument("--skip", action="append", default=[], metavar="EXPIRY", help="not on this one, by id or slug")
    bot.add_argument("--every", type=at_least(1), default=60, help="seconds between two rounds (default %(default)s)")
    bot.add_argument("--once", action="store_true", help="one round, then exit; so it is without --send")
    for command in (once, bot):
        command.add_argument("--bond", type=wei, required=True, help="wei, or ether as 0.5ether")
        _add_brakes(command)
        add_evidence(command)
    for command in (shown, once, bot):
        _add_sources(command)


def _add_brakes(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--max-spread-ppm", type=at_least(0), default=MAX_SPREAD_PPM,
        help="stop where sources lie further apart (default %(default)s)",
    )  # fmt: skip
    command.add_argument(
        "--max-age", type=at_least(0), default=MAX_AGE, metavar="SECONDS",
        help="stop where a source saw its price further from the instant (default %(default)s)",
    )  # fmt: skip
    command.add_argument(
        "--least-sources", type=at_least(1), metavar="COUNT",
        help="stop where fewer sources answer (default: all that the index names, or --venues)",
    )  # fmt: skip
    command.add_argument("--keep", type=wei, default=0, help="stop where less than this would stay free")
    command.add_argument(
        "--although-disputed", action="append", default=[], metavar="EXPIRY",
        help="a person has looked at this disputed expiry, which stops reports on all others otherwise",
    )  # fmt: skip


def _add_sources(command: argparse.ArgumentParser) -> None:
    command.add_argument("--venues", default="", help="only these, by comma")
    folder = Path("demo")
    command.add_argument("--recordings", type=Path, default=folder, help="folder of recordings (default %(default)s)")
    own = command.add_mutually_exclusive_group()
    own.add_argument(
        "--source-command", type=_words, metavar="COMMAND",
        help="a program that says what was observed; it is run without a shell",
    )  # fmt: skip
    own.add_argument("--source-url", metavar="URL", help="an address that does")
    command.add_argument(
        "--source-timeout", type=at_least(1), default=TIMEOUT, metavar="SECONDS",
        help="until either counts as failed (default %(default)s)",
    )  # fmt: skip


def _words(text: str) -> list[str]:
    """A command line without a shell; ValueError where it has no end, or nothing in it."""
    words = shlex.split(text)
    if not words:
        raise ValueError
    return words


def _prices(options: Options) -> None:
    if options.index:
        spec, at = load(options.index), None
    else:
        expiry = Service(options.url).expiry(options.expiry)
        spec, at = expiry["index"]["spec"], int(expiry["expiry_at"])
    quote = read_quote(spec, _sources(options), at)
    print(show_table([
        ("pair", f"{spec.get('base', '?')}/{spec.get('quote', '?')}"), ("observed", show_time(quote.instant)),
        *quote_rows(quote), ("price", show_price(quote.price)),
    ]))  # fmt: skip


def _report(options: Options) -> None:
    _reporter(options).report(options.expiry, now(), options.price)


def _watch(options: Options) -> None:
    watch(
        Watch(_reporter(options), options.index, options.skip), every=options.every,
        once=options.once or not options.send, clock=now, sleep=time.sleep,
    )  # fmt: skip


def _reporter(options: Options) -> Reporter:
    brakes = Brakes(
        options.max_spread_ppm, options.max_age, options.least_sources, options.keep, options.although_disputed
    )
    return Reporter(
        Service(options.url), load_key(options.key_file), options.bond, _sources(options), brakes, options.out,
        options.send, options.attestor, options.reason, options.link, options.file,
    )  # fmt: skip


def _sources(options: Options) -> Sources:
    command, url = options.source_command, options.source_url
    own = OwnSource(command, url, options.source_timeout) if command or url else None
    return Sources(options.recordings, [each.strip() for each in options.venues.split(",") if each.strip()], own)
