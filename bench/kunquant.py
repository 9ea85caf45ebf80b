"""Alpha101 as KunQuant has it: our text of the formulas, changed where theirs follows another convention.

With these changes the values of both can be compared: they say what differs, and that nothing else does.
"""

import re

# Theirs of one formula alone: what stands in ours, and what they have there. 032, 036 and 047 divide a mean once more by its
# window; 010 has no outer rank; 029 two steps less; 038 ranks open.
ONLY_THERE = {
    "alpha001": [("signedpower(returns < 0 ? stddev(returns, 20) : close, 2)", "(returns < 0 ? stddev(returns, 20) : close) ^ 2"),
                 (" - 0.5", "")],
    "alpha010": [("= rank(", "= (")],
    "alpha029": [("sum(ts_min(rank(rank(-rank(delta(close - 1, 5)))), 2), 1)", "sum(rank(rank(-rank(delta(close - 1, 5)))), 2)")],
    "alpha032": [("sum(close, 7) / 7", "sum(close, 7) / 49")],
    "alpha036": [("sum(close, 200) / 200", "sum(close, 200) / 40000")],
    "alpha038": [("ts_rank(close, 10)", "ts_rank(open, 10)")],
    "alpha047": [("sum(high, 5) / 5", "sum(high, 5) / 25")],
    "alpha072": [("= rank(", "= (0.0001 + rank("), (" /\n    rank(", ") /\n    (0.0001 + rank("), ("2.95011))", "2.95011)))")],
}
# What they put where a correlation is of a constant. Elsewhere it is missing there, as it is everywhere in ours.
INSTEAD_OF_MISSING = {
    **dict.fromkeys(("003", "015", "026", "045", "050", "078", "088", "092", "094", "096", "098"), 0),
    **dict.fromkeys(("077", "085"), 1),
}


def change_calls(text, name, change):
    """`text` with change(arguments) in place of each name(arguments), inner ones first."""
    out, at = "", 0
    for match in re.finditer(rf"\b{name}\(", text):
        if match.start() < at:
            continue
        end, depth = match.end(), 1
        while depth:
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
        out += text[at : match.start()] + change(change_calls(text[match.end() : end - 1], name, change))
        at = end
    return out + text[at:]


def ranks_from_1(arguments):
    window = arguments.rsplit(",", 1)[1].strip()
    return f"({window} * ts_rank({arguments}))"


def convert(text):
    """The formulas of share/factorium/alpha101.txt in KunQuant's conventions."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    formulas = re.split(r"\n(?=alpha\d)", "\n".join(lines))
    for i, formula in enumerate(formulas):
        name = formula.split(" ", 1)[0]
        for ours, theirs in ONLY_THERE.get(name, []):
            if ours not in formula:
                raise ValueError(f"{name} is no longer what its change was written for: {ours}")
            formula = formula.replace(ours, theirs)
        formula = re.sub(r", (\d+\.\d+)(?=[,)])", lambda window: f", {round(float(window[1]))}", formula)  # not floored
        formula = re.sub(r"\badv(\d+)\b", r"(sum(volume, \1) / \1)", formula)  # shares, not money
        formula = re.sub(r"\bvwap\b", "(vwap * volume / (volume + 0.0000001))", formula)
        formula = change_calls(formula, "ts_rank", ranks_from_1)
        value = INSTEAD_OF_MISSING.get(name.removeprefix("alpha"))
        if value is not None:
            formula = change_calls(formula, "correlation", lambda arguments: f"nan_to(correlation({arguments}), {value})")
        formulas[i] = formula
    return "\n".join(formulas)
