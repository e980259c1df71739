#!/usr/bin/env bash
# pympi-ling 1.71 (pip) cannot read an ELAN file without xsi:noNamespaceSchemaLocation, a hint that XML Schema lets any document leave out:
# it ends with a KeyError of that name. With the attribute the same file is read.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv python && python/bin/pip install --quiet pympi-ling==1.71
write() {
  cat >"$1" <<XML
<?xml version="1.0" encoding="UTF-8"?>
<ANNOTATION_DOCUMENT AUTHOR="" DATE="2026-01-01T00:00:00Z" FORMAT="3.0" VERSION="3.0"$2>
  <HEADER MEDIA_FILE="" TIME_UNITS="milliseconds"/>
  <TIME_ORDER/>
  <TIER LINGUISTIC_TYPE_REF="default" TIER_ID="default"/>
  <LINGUISTIC_TYPE LINGUISTIC_TYPE_ID="default" TIME_ALIGNABLE="true"/>
</ANNOTATION_DOCUMENT>
XML
}
write without.eaf ''
write with.eaf ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="http://www.mpi.nl/tools/elan/EAFv3.0.xsd"'
run() { python/bin/python -W ignore -c 'import sys, pympi; print(list(pympi.Elan.Eaf(sys.argv[1]).tiers))' "$1" 2>&1 | tail -1 || true; }
without=$(run without.eaf)
with=$(run with.eaf)
echo "without: $without; with: $with"
[ "$without" = "KeyError: '{http://www.w3.org/2001/XMLSchema-instance}noNamespaceSchemaLocation'" ] && [ "$with" = "['default']" ]
