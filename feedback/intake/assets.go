package intake

import "embed"

// assets are the files that browsers get.
//
//go:embed page/page.tmpl page/page.css page/page.js widget/cairn-feedback.js
var assets embed.FS
