module cairncx.dev/cairn/feedback/intake

go 1.26.0

replace cairncx.dev/cairn => ../..
