package insight

import "cairncx.dev/cairn/cx/blueprint"

// Blueprint returns the blueprint of the table, for those who write what a promise or a stage is. It must not be changed. It is never nil.
func (t *Table) Blueprint() *blueprint.Blueprint { return t.blueprint }
