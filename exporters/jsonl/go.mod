module cairncx.dev/cairn/exporters/jsonl

go 1.26.0

require cairncx.dev/cairn v0.0.0

replace cairncx.dev/cairn => ../..
