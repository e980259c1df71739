"""Golden values for the power of a paired t-test, by other people's code: statsmodels 0.15.0 and scipy 1.17.1.

    python3 test/golden/power.py    writes test/golden/power.json beside this file.
    Needs: pip install statsmodels scipy
"""

import json
import pathlib

from scipy import stats
from statsmodels.stats.power import TTestPower

HERE = pathlib.Path(__file__).parent


def power(effect, n):
    return float(TTestPower().power(effect, n, 0.05))


def seeds(effect, wanted):
    n = 2
    while power(effect, n) < wanted:
        n += 1
    return n


golden = {
    "power": [
        {"effect": effect, "n": n, "power": power(effect, n)}
        for effect in (0.2, 0.5, 1, 2)
        for n in (2, 3, 5, 15, 34, 199)
        # Beyond, scipy's noncentral t often has no number.
        if effect**2 * n <= 40
    ],
    "seeds": [
        {"difference": difference, "deviation": deviation, "power": wanted, "n": seeds(difference / deviation, wanted)}
        for difference in (1.9, 3.7, 5)
        for deviation in (2, 3.4, 4.8, 10, 14)
        for wanted in (0.8, 0.9)
    ],
    "chiSquare": [
        {"df": df, "p": p, "x": float(stats.chi2.ppf(p, df))} for df in (1, 2, 4, 9, 24, 99) for p in (0.025, 0.5, 0.975)
    ],
    "t975": [{"df": df, "t": float(stats.t.ppf(0.975, df))} for df in (1, 4, 20, 21, 25, 30, 60, 120, 400)],
}
(HERE / "power.json").write_text(json.dumps(golden, indent=1) + "\n")
