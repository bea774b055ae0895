"""`python -m dev.openapi`: write public/openapi.json anew."""

from dev.openapi.document import text
from dev.places import ROOT

FILE = ROOT / "public" / "openapi.json"

if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
    print("public/openapi.json says what the functions take and answer.")
