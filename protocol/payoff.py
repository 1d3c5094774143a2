"""What P and N pay at the final price (PROTOCOL 8), the same arithmetic as the series contract.

Each side is rounded down from the full product, so no order or splitting of redemptions overdraws the
collateral: of `a` P and `a` N together at most `a` is paid, and what stays is less than one wei for each
redemption.
"""

AMOUNT_END = 2**128
PRICE_END = 2**120


def redeem_p(amount: int, strike: int, price: int) -> int:
    """The collateral in wei for `amount` wei of P: all up to the strike, then `amount * strike / price`.

    Strike and price have 18 decimals. ValueError outside 0 <= amount < 2^128, 0 < strike, price < 2^120.
    """
    _check(amount, strike, price)
    return amount if price <= strike else amount * strike // price


def redeem_n(amount: int, strike: int, price: int) -> int:
    """The collateral in wei for `amount` of N: 0 up to the strike, then `amount * (price - strike) / price`.

    Ranges and errors as in `redeem_p`.
    """
    _check(amount, strike, price)
    return 0 if price <= strike else amount * (price - strike) // price


def _check(amount: int, strike: int, price: int) -> None:
    if not 0 <= amount < AMOUNT_END:
        raise ValueError("amount must be from 0 to 2^128 - 1 wei")
    if not 0 < strike < PRICE_END:
        raise ValueError("strike must be from 1 to 2^120 - 1")
    if not 0 < price < PRICE_END:
        raise ValueError("price must be from 1 to 2^120 - 1")
