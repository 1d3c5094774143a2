"""PROTOCOL 8 in Python, for the tests to hold the contracts against."""


def p_payoff(amount: int, strike: int, price: int) -> int:
    return amount if price <= strike else amount * strike // price


def n_payoff(amount: int, strike: int, price: int) -> int:
    return 0 if price <= strike else amount * (price - strike) // price
