"""What final blocks say of series; and series of others, which read our oracle or a price feed."""

import django.db.models.deletion
import ledger.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("oracle", "0003_finals_by_seq"),
        ("settlement", "0008_events"),
    ]

    operations = [
        migrations.CreateModel(
            name="ChainSeries",
            fields=[
                ("address", models.TextField(primary_key=True, serialize=False)),
                ("expiry", models.TextField(help_text="id; the expiry need not be listed here")),
                ("expiry_at", models.BigIntegerField()),
                ("strike", ledger.fields.WholeField()),
                ("collateral", models.TextField()),
                ("p", models.TextField()),
                ("n", models.TextField()),
                ("block", models.BigIntegerField()),
                ("block_hash", models.TextField()),
                ("split", ledger.fields.WholeField(default=0)),
                ("merged", ledger.fields.WholeField(default=0)),
                ("redeemed_p", ledger.fields.WholeField(default=0)),
                ("redeemed_n", ledger.fields.WholeField(default=0)),
                ("paid_p", ledger.fields.WholeField(default=0)),
                ("paid_n", ledger.fields.WholeField(default=0)),
                (
                    "price",
                    ledger.fields.WholeField(default=0, help_text="at which somebody has redeemed; 0: nobody has"),
                ),
                (
                    "is_redeemed",
                    models.BooleanField(
                        default=False, help_text="what is left of P and N pays nothing any more"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "series on chain",
                "ordering": ["expiry", "collateral", "strike"],
            },
        ),
        migrations.CreateModel(
            name="SeriesIndex",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "chain",
                    models.TextField(
                        default="", help_text="hash of block 0: two development chains share a chain id"
                    ),
                ),
                (
                    "read_to",
                    models.BigIntegerField(
                        default=-1, help_text="all logs up to this final block are counted"
                    ),
                ),
                ("read_to_hash", models.TextField(blank=True, default="")),
                ("read_at", models.BigIntegerField(default=0, help_text="unix second of that block")),
                (
                    "stopped",
                    models.TextField(
                        blank=True, default="", help_text="why nothing is read any more: an operator looks"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "series index",
            },
        ),
        migrations.CreateModel(
            name="SeriesLog",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.TextField(choices=[("Split", "Split"), ("Merge", "Merge"), ("Redeem", "Redeem")]),
                ),
                ("block", models.BigIntegerField()),
                ("block_hash", models.TextField()),
                ("at", models.BigIntegerField(help_text="unix second of the block")),
                ("tx", models.TextField()),
                ("log_index", models.PositiveIntegerField(help_text="in its block")),
                ("account", models.TextField()),
                ("p_amount", ledger.fields.WholeField()),
                ("n_amount", ledger.fields.WholeField()),
                (
                    "amount",
                    ledger.fields.WholeField(
                        help_text="base units of collateral that came in (Split) or went out"
                    ),
                ),
            ],
            options={
                "ordering": ["-block", "-log_index"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="series",
            name="settlement_series_once",
        ),
        migrations.RemoveConstraint(
            model_name="series",
            name="settlement_series_addresses",
        ),
        migrations.RemoveConstraint(
            model_name="series",
            name="settlement_series_strike_whole",
        ),
        migrations.AddField(
            model_name="series",
            name="feed",
            field=models.TextField(
                blank=True, default="", help_text="that a foreign one reads; empty: the oracle itself"
            ),
        ),
        migrations.AddField(
            model_name="series",
            name="origin",
            field=models.TextField(
                choices=[("factory", "Factory"), ("foreign", "Foreign")], default="factory"
            ),
        ),
        migrations.AlterField(
            model_name="series",
            name="collateral",
            field=models.TextField(
                help_text="an ERC-20; zero address: ETH; empty: a foreign one does not say"
            ),
        ),
        migrations.AlterField(
            model_name="series",
            name="created_block",
            field=models.BigIntegerField(
                help_text="of a foreign one: the final block in which it was looked at"
            ),
        ),
        migrations.AlterField(
            model_name="series",
            name="n",
            field=models.TextField(blank=True),
        ),
        migrations.AlterField(
            model_name="series",
            name="n_symbol",
            field=models.TextField(blank=True),
        ),
        migrations.AlterField(
            model_name="series",
            name="p",
            field=models.TextField(blank=True),
        ),
        migrations.AlterField(
            model_name="series",
            name="p_symbol",
            field=models.TextField(blank=True),
        ),
        migrations.AlterField(
            model_name="series",
            name="strike",
            field=ledger.fields.WholeField(help_text="18 decimals; 0: a foreign one that does not say"),
        ),
        migrations.AddConstraint(
            model_name="series",
            constraint=models.UniqueConstraint(
                condition=models.Q(("origin", "factory")),
                fields=("expiry", "strike", "collateral"),
                name="settlement_series_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="series",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("address__regex", "^0x[0-9a-f]{40}$"),
                        ("collateral__regex", "^0x[0-9a-f]{40}$"),
                        ("feed", ""),
                        ("n__regex", "^0x[0-9a-f]{40}$"),
                        ("origin", "factory"),
                        ("p__regex", "^0x[0-9a-f]{40}$"),
                        ("strike__gte", 1),
                    ),
                    models.Q(
                        ("address__regex", "^0x[0-9a-f]{40}$"),
                        ("n", ""),
                        ("n_symbol", ""),
                        ("origin", "foreign"),
                        ("p", ""),
                        ("p_symbol", ""),
                    ),
                    _connector="OR",
                ),
                name="settlement_series_addresses",
            ),
        ),
        migrations.AddConstraint(
            model_name="series",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "strike",
                        models.Func(
                            models.F("strike"), function="trunc", output_field=ledger.fields.WholeField()
                        ),
                    ),
                    ("strike__gte", 0),
                    ("strike__lt", 1329227995784915872903807060280344576),
                ),
                name="settlement_series_strike_whole",
            ),
        ),
        migrations.AddIndex(
            model_name="chainseries",
            index=models.Index(fields=["expiry"], name="settlement_chainseries_expiry"),
        ),
        migrations.AddConstraint(
            model_name="chainseries",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "strike",
                        models.Func(
                            models.F("strike"), function="trunc", output_field=ledger.fields.WholeField()
                        ),
                    ),
                    ("strike__gte", 1),
                    ("strike__lt", 1329227995784915872903807060280344576),
                ),
                name="settlement_chainseries_strike_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="chainseries",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "price",
                        models.Func(
                            models.F("price"), function="trunc", output_field=ledger.fields.WholeField()
                        ),
                    ),
                    ("price__gte", 0),
                    ("price__lt", 1329227995784915872903807060280344576),
                ),
                name="settlement_chainseries_price_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="chainseries",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "split",
                        models.Func(
                            models.F("split"), function="trunc", output_field=ledger.fields.WholeField()
                        ),
                    ),
                    ("split__gte", 0),
                    (
                        "split__lt",
                        115792089237316195423570985008687907853269984665640564039457584007913129639936,
                    ),
                ),
                name="settlement_chainseries_split_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="chainseries",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "merged",
                        models.Func(
                            models.F("merged"), function="trunc", output_field=ledger.fields.WholeField()
                        ),
                    ),
                    ("merged__gte", 0),
                    (
                        "merged__lt",
                        115792089237316195423570985008687907853269984665640564039457584007913129639936,
                    ),
                ),
                name="settlement_chainseries_merged_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="chainseries",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "redeemed_p",
                        models.Func(
                            models.F("redeemed_p"), function="trunc", output_field=ledger.fields.WholeField()
                        ),
                    ),
                    ("redeemed_p__gte", 0),
                    (
                        "redeemed_p__lt",
                        115792089237316195423570985008687907853269984665640564039457584007913129639936,
                    ),
                ),
                name="settlement_chainseries_redeemed_p_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="chainseries",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "redeemed_n",
                        models.Func(
                            models.F("redeemed_n"), function="trunc", output_field=ledger.fields.WholeField()
                        ),
                    ),
                    ("redeemed_n__gte", 0),
                    (
                        "redeemed_n__lt",
                        115792089237316195423570985008687907853269984665640564039457584007913129639936,
                    ),
                ),
                name="settlement_chainseries_redeemed_n_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="chainseries",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "paid_p",
                        models.Func(
                            models.F("paid_p"), function="trunc", output_field=ledger.fields.WholeField()
                        ),
                    ),
                    ("paid_p__gte", 0),
                    (
                        "paid_p__lt",
                        115792089237316195423570985008687907853269984665640564039457584007913129639936,
                    ),
                ),
                name="settlement_chainseries_paid_p_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="chainseries",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "paid_n",
                        models.Func(
                            models.F("paid_n"), function="trunc", output_field=ledger.fields.WholeField()
                        ),
                    ),
                    ("paid_n__gte", 0),
                    (
                        "paid_n__lt",
                        115792089237316195423570985008687907853269984665640564039457584007913129639936,
                    ),
                ),
                name="settlement_chainseries_paid_n_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="seriesindex",
            constraint=models.CheckConstraint(
                condition=models.Q(("id", 1)), name="settlement_seriesindex_single"
            ),
        ),
        migrations.AddField(
            model_name="serieslog",
            name="series",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="logs", to="settlement.chainseries"
            ),
        ),
        migrations.AddIndex(
            model_name="serieslog",
            index=models.Index(fields=["series", "block"], name="settlement_serieslog_series"),
        ),
        migrations.AddConstraint(
            model_name="serieslog",
            constraint=models.UniqueConstraint(
                fields=("block", "log_index"), name="settlement_serieslog_place"
            ),
        ),
        migrations.AddConstraint(
            model_name="serieslog",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["Split", "Merge", "Redeem"])),
                name="settlement_serieslog_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="serieslog",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "p_amount",
                        models.Func(
                            models.F("p_amount"), function="trunc", output_field=ledger.fields.WholeField()
                        ),
                    ),
                    ("p_amount__gte", 0),
                    (
                        "p_amount__lt",
                        115792089237316195423570985008687907853269984665640564039457584007913129639936,
                    ),
                ),
                name="settlement_serieslog_p_amount_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="serieslog",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "n_amount",
                        models.Func(
                            models.F("n_amount"), function="trunc", output_field=ledger.fields.WholeField()
                        ),
                    ),
                    ("n_amount__gte", 0),
                    (
                        "n_amount__lt",
                        115792089237316195423570985008687907853269984665640564039457584007913129639936,
                    ),
                ),
                name="settlement_serieslog_n_amount_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="serieslog",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "amount",
                        models.Func(
                            models.F("amount"), function="trunc", output_field=ledger.fields.WholeField()
                        ),
                    ),
                    ("amount__gte", 0),
                    (
                        "amount__lt",
                        115792089237316195423570985008687907853269984665640564039457584007913129639936,
                    ),
                ),
                name="settlement_serieslog_amount_whole",
            ),
        ),
    ]
