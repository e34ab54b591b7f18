"""Reads a CSV file with Python's own reader and prints its cells as lines of
JSON, each cell made into the text that the column's type demands; of rows that
are passed over an empty line. The arguments are the file, STEP (every how
manieth row to print) and the types of the columns in their order."""
import csv, datetime, gzip, json, sys

NULLS = {"N/A", "n/a", "#N/A", "NA", "<NA>", "NaN", "nan", "-nan", "NULL", "null", "None"}

def cell(text, type):
    if text == "" or type != "string" and text in NULLS:
        return None
    if type == "int64":
        number = float(text) if "." in text else int(text)
        assert number == int(number)
        return str(int(number))
    if type == "float64":
        return repr(float(text))
    if type == "bool":
        return {"true": "true", "false": "false"}[text.lower()]
    if type == "date":
        return datetime.date.fromisoformat(text).isoformat()
    if type.startswith("timestamp"):
        if "/" in text:
            at = datetime.datetime.strptime(text, "%m/%d/%Y")
        else:
            at = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
        return at.replace(tzinfo=None).isoformat(timespec="microseconds") + ("Z" if "utc" in type else "")
    return text

path, step, types = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
opener = gzip.open if path.endswith(".gz") else open
with opener(path, "rt", newline="", encoding="utf-8-sig") as f:
    reader = csv.reader(f)
    print(json.dumps(next(reader)))
    for number, row in enumerate(reader):
        print("" if number % step else json.dumps([cell(text, type) for text, type in zip(row, types, strict=True)]))
