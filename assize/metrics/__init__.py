"""What Prometheus reads at /metrics: gauges out of database rows, read when it asks.

table.py      what there is: name, meaning, labels, the invariant (RELIABILITY 2) that it guards
readings.py   a few queries, and which metric each of their columns is
collector.py  all of them in Prometheus's text form, with patience
views.py      the address, and who may ask
"""
