"""The flow, one file a step, in this order: poll, ingest, settle, predict, deliver.

`close` is the first half of settle, and `assess` the pure heart of predict. Each step is a plain function
over ports. It may be cut short at any line and run again, by anyone, at any time: the store's transactions
decide, everything else is a hint. `sweep` finds what hints lost.
"""
