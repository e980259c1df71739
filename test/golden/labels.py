"""Asks other people's readers whether they accept test/golden/labels, which the test holds our writers to, and reads them with each.

    python3 test/golden/labels.py EAFv3.0.xsd    the schema is at the address that every .eaf names
    Needs: pip install lxml pympi-ling==1.71 webvtt-py==0.6.0 label-studio-sdk==2.1.2 pandas
"""

import json
import pathlib
import sys

import pandas
import pympi
import webvtt
from label_studio_sdk.label_interface import LabelInterface
from lxml import etree

HERE = pathlib.Path(__file__).parent / "labels"

tasks = json.loads((HERE / "labels.json").read_text())
texts = {task["data"]["rollout"]: task["data"]["text"] for task in tasks}

table = pandas.read_csv(HERE / "labels.csv", keep_default_na=False)
for row in table.itertuples():
    assert texts[row.rollout][row.start_codepoint : row.end_codepoint] == row.text, row
print(f"pandas {pandas.__version__}: {len(table)} rows, each the text that its code points say")

interface = LabelInterface((HERE / "labels.xml").read_text())
interface.validate()
regions = 0
for task in tasks:
    # With annotations, this version's validate_task fails for want of an argument; they are validated below.
    assert interface.validate_task({"data": task["data"]})
    for annotation in task["annotations"]:
        assert interface.validate_annotation(annotation), interface._validate_object(annotation, return_errors=True)
        for region in annotation["result"]:
            value = region["value"]
            if region["to_name"] == "text" and region["type"] == "labels":
                assert task["data"]["text"][value["start"] : value["end"]] == value["text"], region
                regions += 1
print(f"label_studio_sdk: {len(tasks)} tasks, {regions} regions of text, each the text that its offsets say")

schema = etree.XMLSchema(etree.parse(sys.argv[1]))
for file in sorted(HERE.glob("*.eaf")):
    schema.assertValid(etree.parse(file))
    document = pympi.Elan.Eaf(file)
    tiers = {name: document.get_annotation_data_for_tier(name) for name in document.get_tier_names()}
    print(f"lxml, pympi {file.name}: valid by EAFv3.0.xsd, {len(tiers)} tiers, {sum(map(len, tiers.values()))} annotations")

for file in sorted(HERE.glob("*.vtt")):
    cues = webvtt.read(file)
    assert all(cue.identifier and cue.voice and cue.text for cue in cues)
    print(f"webvtt {file.name}: {[(cue.identifier, cue.start, cue.end, cue.voice) for cue in cues]}")
