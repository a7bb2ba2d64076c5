#!/usr/bin/env python3
"""The order stream of a shop: what befalls its orders, one event a line.

    orders.py [COUNT] [--seed N] [--sum]

Prints COUNT lines `KEY<TAB>JSON`, KEY being the order's number, so that all that befalls one order stays
in order. The same seed always gives the same bytes. A million lines take some seconds.

With --sum it prints nothing but a checksum of such lines read from standard input, whatever order the
keys come in, as long as each key's lines are in theirs: the number of lines, of keys, and a hash.
"""
import argparse
import hashlib
import json
import random
import sys

CATALOGUE = [
    ("AX-1042", "Trail running shoe", 11990), ("AX-1077", "Rain jacket", 15900), ("BK-0003", "City bike lamp", 3490),
    ("BK-0210", "Folding lock", 8900), ("CO-0550", "Espresso beans 1 kg", 2190), ("CO-0551", "Hand grinder", 7450),
    ("DE-0007", "Oak desk", 48900), ("DE-0112", "Desk lamp", 6490), ("EL-0301", "Noise-cancelling headphones", 24900),
    ("EL-0388", "USB-C charger 65 W", 3990), ("KI-0014", "Chef's knife", 9900), ("KI-0099", "Cast-iron pan", 5490),
]
CITIES = ["Aarhus", "Basel", "Córdoba", "Gdańsk", "Lyon", "Malmö", "Porto", "Tartu", "Utrecht", "Žilina"]
CARRIERS = ["DHL", "GLS", "PostNord", "UPS"]
START = 1_767_225_600_000  # 2026-01-01T00:00:00Z, in milliseconds.
OPEN_ORDERS = 2000  # So many are on their way at any time.

# What may follow what, and how often.
NEXT = {
    "placed": [("paid", 90), ("payment_failed", 6), ("cancelled", 4)],
    "payment_failed": [("paid", 70), ("cancelled", 30)],
    "paid": [("packed", 97), ("cancelled", 3)],
    "packed": [("shipped", 100)],
    "shipped": [("delivered", 98), ("lost", 2)],
    "delivered": [(None, 92), ("returned", 8)],
    "returned": [("refunded", 100)],
    "lost": [("refunded", 100)],
}


class Shop:
    """Orders under way, and chance that moves them on."""

    def __init__(self, seed):
        self.dice = random.Random(seed)
        self.now = START
        self.next_number = 1
        self.under_way = []

    def events(self, count):
        for _ in range(count):
            self.now += self.dice.randrange(40)
            if len(self.under_way) < OPEN_ORDERS or self.dice.random() < 0.2:
                yield self.place()
            else:
                yield self.move_on()

    def place(self):
        dice = self.dice
        lines = []
        for sku, name, cents in dice.sample(CATALOGUE, dice.choice((1, 1, 1, 2, 2, 3))):
            lines.append({"sku": sku, "name": name, "quantity": dice.choice((1, 1, 1, 2, 3)), "cents": cents})
        order = {
            "key": f"order-{self.next_number:07d}",
            "state": "placed",
            "total": sum(line["quantity"] * line["cents"] for line in lines),
        }
        self.next_number += 1
        self.under_way.append(order)
        return self.event(order, customer=f"c-{dice.randrange(50_000):05d}", city=dice.choice(CITIES), lines=lines,
                          total=order["total"], currency="EUR")

    def move_on(self):
        dice = self.dice
        at = dice.randrange(len(self.under_way))
        order = self.under_way[at]
        states, weights = zip(*NEXT[order["state"]])
        state = dice.choices(states, weights)[0]
        if state is None or (state in ("cancelled", "refunded")):
            self.under_way[at] = self.under_way[-1]
            self.under_way.pop()
        if state is None:
            order["state"] = "closed"
            return self.event(order)
        order["state"] = state
        details = {}
        if state == "paid":
            details = {"total": order["total"], "method": dice.choice(("card", "card", "invoice", "wallet"))}
        elif state == "payment_failed":
            details = {"reason": dice.choice(("card declined", "timeout", "insufficient funds"))}
        elif state == "shipped":
            details = {"carrier": dice.choice(CARRIERS), "parcel": f"{dice.getrandbits(48):012x}"}
        elif state == "refunded":
            details = {"total": order["total"]}
        return self.event(order, **details)

    def event(self, order, **details):
        body = {"order": order["key"], "event": order["state"], "at": self.now, **details}
        return f"{order['key']}\t{json.dumps(body, ensure_ascii=False, separators=(',', ':'))}\n"


def checksum(lines):
    """Adds up a hash per key, each over the key's lines in their order: independent of how keys mix."""
    states = {}
    count = 0
    for line in lines:
        key = line[:line.index(b"\t")]
        state = states.get(key)
        if state is None:
            state = states[key] = hashlib.blake2b(digest_size=8)
        state.update(line)
        count += 1
    total = sum(int.from_bytes(state.digest(), "big") for state in states.values()) % (1 << 64)
    return f"{count} lines, {len(states)} orders, sum {total:016x}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", nargs="?", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sum", action="store_true", help="read lines and print their checksum")
    args = parser.parse_args()
    if args.sum:
        print(checksum(sys.stdin.buffer))
        return
    try:
        for event in Shop(args.seed).events(args.count):
            sys.stdout.write(event)
        sys.stdout.flush()
    except BrokenPipeError:
        sys.stderr.close()  # Whoever read along, `head` say, has seen enough.


if __name__ == "__main__":
    main()
