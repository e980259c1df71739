#!/usr/bin/env bash
# hyparquet 1.31.5 (npm) multiplies a DECIMAL by a power of ten in floating point, so that exact decimals come back with other digits:
# a reward of 0.3 that pyarrow 21.0.0 (pip) wrote as decimal128(5, 1) is read as 0.30000000000000004, and 0.7 as 0.7000000000000001.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --prefix . hyparquet@1.31.5 >/dev/null
python3 -m venv python && python/bin/pip install --quiet pyarrow==21.0.0
python/bin/python - <<'PY'
from decimal import Decimal
import pyarrow as pa, pyarrow.parquet as pq
rewards = pa.array([Decimal("0.3"), Decimal("0.7")], pa.decimal128(5, 1))
pq.write_table(pa.table({"reward": rewards}), "rewards.parquet", compression="none")
assert pq.read_table("rewards.parquet")["reward"].to_pylist() == [Decimal("0.3"), Decimal("0.7")]
PY
cat >run.mjs <<'JS'
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
const rows = await parquetReadObjects({ file: await asyncBufferFromFile('rewards.parquet') });
console.log(rows.map(({ reward }) => reward).join(' '));
JS
read=$(node run.mjs)
echo "hyparquet reads: $read"
[ "$read" = '0.30000000000000004 0.7000000000000001' ]
