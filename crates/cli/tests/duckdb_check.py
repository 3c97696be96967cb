"""Asks DuckDB what docs/research.md asks, and compares with what lapbelt said."""

import json
import os
import re
import sys
from collections import Counter

import duckdb

place, page = sys.argv[1], os.path.abspath(sys.argv[2])
os.chdir(place)
with open("inventory.json") as file:
    findings = json.load(file)["findings"]
with open(page) as file:
    queries = re.findall(r"```sql\n(.*?)```", file.read(), re.DOTALL)
assert len(queries) == 3, f"{len(queries)} queries in {page}"
by_filter, unnamed, evidence = (duckdb.sql(query).fetchall() for query in queries)

profiles = [profile for own in findings for profile in own["data"]["profiles"]]
nodes = sum(profile["nodes"] for profile in profiles)
assert duckdb.sql("SELECT count(*) FROM 'nodes.parquet'").fetchone() == (nodes,)

wanted, missing, operations = Counter(), Counter(), {}
for own in (own for profile in profiles for own in profile["filters"]):
    wanted[own["name"]] += own["nodes"]
    operations.setdefault(own["name"], set()).update(own["operations"])
    for value in own["values"]:
        if value["word"] == "miss":
            missing[own["name"], value["value"]] += value["count"]
rows = {(name, count, len(operations[name])) for name, count in wanted.items()}
assert set(by_filter) == rows, by_filter
assert missing, "the profile of our own has a value without a name"
assert {tuple(row[:2]): row[2] for row in unnamed} == dict(missing), unnamed
assert [row[0] for row in evidence] == [own["inputs"][0]["sha256"] for own in findings]
print(f"{nodes} nodes of {len(findings)} files: DuckDB and lapbelt agree")
