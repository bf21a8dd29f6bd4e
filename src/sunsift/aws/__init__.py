"""The functions of AWS Lambda: each file reads an event, calls a step and says what failed."""
